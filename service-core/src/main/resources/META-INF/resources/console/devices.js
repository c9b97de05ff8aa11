// Devices: a table, and how many commands they answer.

import { age, bytes, colour, count, element, rate } from './format.js';
import { Lines } from './charts.js';
import { Table } from './table.js';

const KEPT_SECONDS = 120;

export const inWords = injected => [
  ...(injected.transit ? ['transit ' + injected.transit] : []),
  ...(injected.service ? ['service ' + injected.service] : []),
  ...injected.faults.map((fault, index) => fault + (injected.hits[index] ? ` (hit ${injected.hits[index]})` : '')),
];

const answered = device => Object.values(device.commands).reduce((sum, each) => sum + each, 0);

/** Two spans at most: what is on, as marks. */
const marks = (cell, device) => {
  const words = inWords(device.injected);
  const text = words.join('\n') || '–';
  if (cell.dataset.words === text) return;
  cell.dataset.words = text;
  cell.replaceChildren(...(words.length ? words.map(each => element('span', { class: 'mark' }, each)) : ['–']));
};

const counts = map => Object.entries(map).map(([name, times]) => `${name} ${count(times)}×`).join(', ') || '–';

export class Devices {
  #table; #chart; #before = new Map(); #points = []; #bucket = null; #latest = [];
  #total = 0; #feed;

  constructor(feed) {
    this.#feed = feed;
    this.#table = new Table(document.getElementById('device-table'), [
      { id: 'name', title: 'Device', value: device => device.guest + '/' + device.device },
      { id: 'owner', title: 'Owner', value: device => device.connected ? 'stream' : 'lease' },
      { id: 'lease', title: 'Lease ends in', number: true, value: device => device.leaseEndsAt || 0, text: device => device.leaseEndsAt ? age(device.leaseEndsAt - feed.wall()) : '–' },
      { id: 'epoch', title: 'Epoch', number: true, value: device => device.epoch },
      { id: 'age', title: 'Age', number: true, value: device => -device.createdAt, text: device => age(feed.wall() - device.createdAt) },
      { id: 'commands', title: 'Commands', number: true, value: answered, text: device => count(answered(device)) },
      { id: 'resources', title: 'Resources', number: true, value: device => device.resources },
      { id: 'bytes', title: 'Bytes', number: true, value: device => device.bytes, text: device => bytes(device.bytes) },
      { id: 'injected', title: 'Injected', value: device => inWords(device.injected).join(', '), fill: marks },
      { id: 'struck', title: 'Faults struck', value: device => counts(device.faultHits) },
      { id: 'violations', title: 'Violations', value: device => counts(device.violations) },
    ], { key: device => device.guest + '/' + device.device, sort: { id: 'name', descending: false }, empty: 'No devices.' });
    this.#chart = new Lines(document.getElementById('commands'), 'commands/s', { legend: false });
  }

  list() { return this.#latest; }

  /** Counts; to be called with every piece of news, also while nothing is drawn. */
  note(devices) {
    const now = this.#feed.wall() / 1000;
    let more = 0;
    const before = new Map();
    for (const device of devices) {
      const key = device.guest + '/' + device.device + '/' + device.createdAt;
      const answers = answered(device);
      // What came before this page was opened happened at no known time.
      more += answers - (this.#before.get(key) ?? (this.#bucket ? 0 : answers));
      before.set(key, answers);
    }
    this.#before = before;
    this.#latest = devices;
    this.#bucket ??= Math.floor(now);
    this.#total += Math.max(0, more);
    this.tick();
  }

  /** Lets time pass: a second without commands is a second with none. */
  tick() {
    const second = Math.floor(this.#feed.wall() / 1000);
    if (this.#bucket === null || second <= this.#bucket) return;
    this.#points.push({ x: this.#bucket, y: this.#total });
    for (let empty = Math.max(this.#bucket + 1, second - KEPT_SECONDS); empty < second; empty++) this.#points.push({ x: empty, y: 0 });
    this.#points = this.#points.slice(-KEPT_SECONDS);
    this.#bucket = second;
    this.#total = 0;
  }

  rate() { return this.#points.length ? rate(this.#points.at(-1).y) : '–'; }

  render() {
    this.#table.update(this.#latest);
    this.#chart.update([{ label: 'commands', colour: () => colour('--s2'), points: [...this.#points] }]);
  }
}
