// Buffers, as bufinfo has them, with filters for those who hunt a leak.

import { age, bytes, count } from './format.js';
import { Table } from './table.js';

const holders = buffer => buffer.holders
  .map(holder => holder.importer + (holder.mapped ? `, ${holder.mapped} mapped` : '') + (holder.pinned ? `, ${holder.pinned} pinned` : ''))
  .join('; ') || '–';

export class Buffers {
  #table; #form; #latest = { total: 0, bytes: 0, buffers: [] }; #feed;

  constructor(feed) {
    this.#feed = feed;
    this.#form = document.getElementById('buffer-filters');
    this.#form.addEventListener('input', () => this.render());
    this.#form.addEventListener('submit', event => event.preventDefault());
    this.#table = new Table(document.getElementById('buffer-table'), [
      { id: 'name', title: 'Buffer', value: buffer => `${buffer.guest}/${buffer.device}/${buffer.resource}` },
      { id: 'state', title: 'State', value: buffer => buffer.state + (buffer.error ? ' ' + buffer.error : '') },
      { id: 'age', title: 'Age', number: true, value: buffer => -buffer.since, text: buffer => age(feed.wall() - buffer.since) },
      { id: 'size', title: 'Size', number: true, value: buffer => buffer.size, text: buffer => bytes(buffer.size) },
      { id: 'holders', title: 'Attached', value: holders },
      { id: 'references', title: 'References', number: true, value: buffer => buffer.references },
      { id: 'waiters', title: 'Waiters', number: true, value: buffer => buffer.waiters },
      { id: 'asked', title: 'Asked', number: true, value: buffer => buffer.asked },
      { id: 'fences', title: 'Fences', value: buffer => buffer.fences.join(', ') || '–' },
      { id: 'what', title: 'What', value: buffer => buffer.what + (buffer.path ? ' by ' + buffer.path : '') },
      { id: 'uuid', title: 'UUID', value: buffer => buffer.uuid || '–', classes: 'mono' },
    ], { key: buffer => `${buffer.guest}/${buffer.device}/${buffer.resource}/${buffer.since}`, sort: { id: 'age', descending: true }, empty: 'No such buffers.' });
  }

  note(buffers) { this.#latest = buffers; }

  totals() { return this.#latest; }

  render() {
    const { total, buffers } = this.#latest;
    const wanted = new FormData(this.#form);
    const suspicions = [...wanted.keys()].filter(name => name !== 'age' && name !== 'text');
    const least = Number(wanted.get('age')) * 1000;
    const text = wanted.get('text').trim().toLowerCase();
    const shown = buffers.filter(buffer => suspicions.every(each => buffer.suspicions.includes(each))
      && (!least || this.#feed.wall() - buffer.since >= least)
      && (!text || [buffer.guest + '/' + buffer.device + '/' + buffer.resource, buffer.uuid, buffer.state, buffer.error, holders(buffer), buffer.what].join(' ').toLowerCase().includes(text)));
    document.getElementById('buffer-count').textContent = `${count(shown.length)} of ${count(total)} buffers`
      + (total > buffers.length ? `; filtered among the ${count(buffers.length)} oldest, ./crossdev ls has all` : '');
    this.#table.update(shown);
  }
}
