// Decoder streams and their queues.

import { count, rate } from './format.js';
import { Table } from './table.js';

const queue = side => `${side.buffers} buffers, ${side.queued} queued${side.inWork ? ', 1 in work' : ''}`;

export class Streams {
  #table; #latest = []; #rates = new Map();

  constructor() {
    this.#table = new Table(document.getElementById('stream-table'), [
      { id: 'name', title: 'Stream', value: row => `${row.guest}/${row.device}/${row.stream.streamId}` },
      { id: 'state', title: 'State', value: row => row.stream.state },
      { id: 'size', title: 'Pictures of', number: true, value: row => row.stream.width * row.stream.height, text: row => `${row.stream.width}×${row.stream.height}` },
      { id: 'input', title: 'Input queue', value: row => row.stream.input.queued, text: row => queue(row.stream.input) },
      { id: 'output', title: 'Output queue', value: row => row.stream.output.queued, text: row => queue(row.stream.output) },
      { id: 'pictures', title: 'Decoded', number: true, value: row => row.stream.pictures, text: row => count(row.stream.pictures) },
      { id: 'rate', title: 'Pictures per second', number: true, value: row => this.#rateOf(row), text: row => rate(this.#rateOf(row)) },
      { id: 'nominal', title: 'The clip says', number: true, value: row => row.stream.framesPerSecond, text: row => row.stream.framesPerSecond ? row.stream.framesPerSecond + '/s' : '–' },
    ], { key: row => `${row.guest}/${row.device}/${row.stream.streamId}`, sort: { id: 'name', descending: false }, empty: 'No streams.' });
  }

  note(streams) {
    const now = performance.now(), rates = new Map();
    for (const row of streams) {
      const key = `${row.guest}/${row.device}/${row.stream.streamId}`, before = this.#rates.get(key);
      if (!before || row.stream.pictures < before.pictures) rates.set(key, { at: now, pictures: row.stream.pictures, rate: 0 });
      else if (now - before.at >= 1000) rates.set(key, { at: now, pictures: row.stream.pictures, rate: (row.stream.pictures - before.pictures) * 1000 / (now - before.at) });
      else rates.set(key, before);
    }
    this.#rates = rates;
    this.#latest = streams;
  }

  #rateOf(row) { return this.#rates.get(`${row.guest}/${row.device}/${row.stream.streamId}`)?.rate ?? 0; }

  render() { this.#table.update(this.#latest); }
}
