// The part of the page about UUID registrations.

import { element, millis, percent, svg } from './format.js';
import { Lines, strategyColour, strategyOrder } from './charts.js';
import { draw, name } from './gantt.js';
import { Runs } from './runs.js';
import { Table } from './table.js';

/** How much was hidden, as a bar; the number stands beside it. */
const shareBar = (cell, run) => {
  const share = run.hiddenShare;
  if (!cell.firstElementChild) {
    const picture = svg('svg', { viewBox: '0 0 100 8', width: '144', height: '12', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    for (const kind of ['blocked', 'flight']) picture.append(svg('rect', { class: kind, height: '8' }));
    cell.append(element('span', { class: 'share' }, picture), element('span'));
  }
  const [blocked, hidden] = cell.querySelectorAll('rect');
  const blockedWidth = Number.isFinite(share) ? 100 * (1 - share) : 0;
  blocked.setAttribute('width', blockedWidth);
  hidden.setAttribute('x', blockedWidth);
  hidden.setAttribute('width', Number.isFinite(share) ? 100 * share : 0);
  const text = percent(share);
  if (cell.lastElementChild.textContent !== text) cell.lastElementChild.textContent = text;
};

export class Registrations {
  #runs = new Runs();
  #figures = new Map();
  #strategies; #table; #waited;

  constructor() {
    const byId = id => document.getElementById(id);
    this.#strategies = new Table(byId('strategies'), [
      { id: 'strategy', title: 'Strategy', value: run => strategyOrder(run.strategy), text: name },
      { id: 'runs', title: 'Runs seen', number: true, value: run => this.#runs.count(run.strategy) },
      { id: 'buffers', title: 'Buffers', number: true, value: run => run.registrations.length },
      { id: 'trip', title: 'Round trip, ms', number: true, value: run => run.roundTrip, text: run => millis(run.roundTrip) },
      { id: 'waited', title: 'Waited in all, ms', number: true, value: run => run.strategy ? run.blocked : -1, text: run => run.strategy ? millis(run.blocked) : '–' },
      { id: 'hidden', title: 'Of the round trips, hidden', value: run => Number.isFinite(run.hiddenShare) ? run.hiddenShare : -1, fill: shareBar },
      { id: 'failed', title: 'Failed', number: true, value: run => run.failed },
    ], { key: run => run.strategy, sort: { id: 'strategy', descending: false }, empty: 'None yet.' });
    const moment = (id, title) => ({
      id, title, number: true, value: row => row.each.moments[id] === undefined ? -1 : row.each.moments[id] - row.run.start,
      text: row => row.each.moments[id] === undefined ? '–' : millis(row.each.moments[id] - row.run.start),
    });
    this.#table = new Table(byId('registration-table'), [
      { id: 'buffer', title: 'Buffer', value: row => name(row.run) + ' ' + (row.each.report?.buffer ?? row.each.resource) },
      { id: 'device', title: 'Device', value: row => row.each.guest + '/' + row.each.device + '/' + row.each.resource },
      moment('sent', 'Sent'), moment('device_received', 'Device took it'), moment('device_answered', 'Device answered'), moment('handled', 'Handled'),
      moment('get_uuid_called', 'get_uuid called'), moment('get_uuid_returned', 'returned'), moment('imported', 'Imported'),
      { id: 'blocked', title: 'Blocked', number: true, value: row => row.each.report?.blocked ?? -1, text: row => millis(row.each.report?.blocked) },
      { id: 'result', title: 'Result', value: row => row.each.uuid || row.each.result || 'no answer', classes: 'mono' },
    ], { key: row => row.each.number, sort: { id: 'buffer', descending: false }, empty: 'None yet.' });
    this.#waited = new Lines(byId('waited'), 'ms');
  }

  add(registrations, wallOf) { this.#runs.add(registrations, wallOf); }

  render() {
    const latest = this.#runs.latest().sort((a, b) => strategyOrder(a.strategy) - strategyOrder(b.strategy));
    const any = latest.length > 0;
    document.getElementById('registrations-empty').hidden = any;
    document.getElementById('registrations-body').hidden = !any;
    if (!any) return;
    this.#strategies.update(latest);
    this.#drawAll(latest);
    this.#table.update(latest.flatMap(run => run.registrations.map(each => ({ run, each }))));
    const history = this.#runs.history();
    const strategies = [...new Set(history.map(each => each.strategy))].sort((a, b) => strategyOrder(a) - strategyOrder(b));
    if (strategies.length > 0) {
      this.#waited.update([
        ...strategies.map(strategy => ({
          label: strategy,
          colour: () => strategyColour(strategy),
          points: history.filter(each => each.strategy === strategy).map(each => ({ x: each.at, y: each.blocked })),
        })),
        { label: 'one round trip', colour: () => getComputedStyle(document.body).color, dashed: true,
          points: history.filter(each => each.roundTrip >= 0).map(each => ({ x: each.at, y: each.roundTrip })) },
      ]);
    }
  }

  #drawAll(latest) {
    const box = document.getElementById('gantt');
    const span = Math.max(1000, ...latest.map(run => run.end - run.start)) * 1.02;
    const wanted = new Set(latest.map(run => run.strategy));
    for (const [strategy, figure] of this.#figures) if (!wanted.has(strategy)) { figure.remove(); this.#figures.delete(strategy); }
    latest.forEach((run, index) => {
      let figure = this.#figures.get(run.strategy);
      if (!figure) {
        figure = element('figure', { class: 'card', 'data-strategy': run.strategy });
        this.#figures.set(run.strategy, figure);
      }
      if (box.children[index] !== figure) box.insertBefore(figure, box.children[index] ?? null);
      const drawn = [run.key, span, ...run.registrations.map(each => each.number + (each.report ? 'r' : '') + each.importers.length)].join();
      if (figure.dataset.drawn !== drawn) { draw(figure, run, span); figure.dataset.drawn = drawn; }
    });
  }
}
