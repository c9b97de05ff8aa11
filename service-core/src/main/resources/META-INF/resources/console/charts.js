// Lines over time, by Chart.js, which is on the page as a script of its own.

import { colour } from './format.js';

/** Strategies by name; whatever else a guest may call its own gets a colour too. */
const STRATEGIES = ['block-at-allocation', 'block-at-export', 'deferred', 'eager-deferred', 'unsynchronised'];

export const strategyColour = name => {
  const index = STRATEGIES.indexOf(name);
  return colour('--s' + (index < 0 ? 4 : index));
};

/** STRATEGIES first, others behind. */
export const strategyOrder = name => {
  const index = STRATEGIES.indexOf(name);
  return index < 0 ? STRATEGIES.length : index;
};

const clock = seconds => new Date(seconds * 1000).toLocaleTimeString('en-GB');

export class Lines {
  #chart; #canvas; #unit; #series = []; #legend;

  constructor(canvas, unit, { legend = true } = {}) {
    this.#canvas = canvas;
    this.#unit = unit;
    this.#legend = legend;
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { this.#chart?.destroy(); this.#chart = null; this.#draw(); });
  }

  /** series: [{ label, colour: () => css, dashed?, points: [{ x: seconds of the epoch, y }] }] */
  update(series) { this.#series = series; this.#draw(); }

  #draw() {
    if (this.#series.length === 0) return;
    this.#chart ??= new Chart(this.#canvas, this.#options());
    const known = new Map(this.#chart.data.datasets.map(each => [each.label, each]));
    this.#chart.data.datasets = this.#series.map(series => Object.assign(known.get(series.label) ?? {}, {
      label: series.label,
      data: series.points,
      borderColor: series.colour(),
      backgroundColor: series.colour(),
      borderWidth: series.dashed ? 1.5 : 2,
      borderDash: series.dashed ? [4, 4] : [],
      pointRadius: series.points.length > 60 || series.dashed || !this.#legend ? 0 : 2.5,
    }));
    this.#chart.update('none');
  }

  #options() {
    const soft = colour('--soft'), line = colour('--line');
    return {
      type: 'line',
      data: { datasets: [] },
      options: {
        animation: false,
        maintainAspectRatio: false,
        parsing: false,
        normalized: true,
        interaction: { mode: 'nearest', axis: 'x', intersect: false },
        plugins: {
          legend: { display: this.#legend, position: 'bottom', labels: { color: soft, boxWidth: 14, boxHeight: 2 } },
          tooltip: { callbacks: {
            title: items => items.length ? clock(items[0].parsed.x) : '',
            label: item => item.dataset.label + ': ' + item.parsed.y.toFixed(item.parsed.y < 10 ? 2 : 0) + ' ' + this.#unit,
          } },
        },
        scales: {
          x: { type: 'linear', grid: { color: line }, ticks: { color: soft, maxTicksLimit: 7, maxRotation: 0, callback: value => clock(value) } },
          y: { beginAtZero: true, grid: { color: line }, ticks: { color: soft, maxTicksLimit: 6 }, title: { display: true, text: this.#unit, color: soft } },
        },
      },
    };
  }
}
