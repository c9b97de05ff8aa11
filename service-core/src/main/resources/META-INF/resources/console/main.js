// The console: what the feed tells goes into the parts of the page, at most a few times a second.

import { bytes, count, rate, say } from './format.js';
import { Buffers } from './buffers.js';
import { Devices } from './devices.js';
import { Feed } from './feed.js';
import { Knobs } from './knobs.js';
import { Registrations } from './registrations.js';
import { Scanouts } from './scanouts.js';
import { Streams } from './streams.js';

const STATES = {
  connecting: 'connecting', live: 'live', lost: 'connection lost, trying again', full: 'refused, trying again', ended: 'the service is going away',
};

const byId = id => document.getElementById(id);
const feed = new Feed();
const devices = new Devices(feed), buffers = new Buffers(feed), knobs = new Knobs();
const registrations = new Registrations(), scanouts = new Scanouts(), streams = new Streams();
let paused = false;
let shown = [];
/** Parts with news that are not drawn yet. */
const stale = new Set();

const tile = (id, text) => { if (byId(id).textContent !== text) byId(id).textContent = text; };

/** How fast something grows, over all devices: of a device that is new, all it has is growth. */
class Growth {
  #before = null; #sum = 0; #since = performance.now(); #rate = 0;
  note(entries) {
    const now = new Map(entries);
    if (this.#before) for (const [key, value] of now) this.#sum += Math.max(0, value - (this.#before.get(key) ?? 0));
    this.#before = now;
  }
  rate() {
    const elapsed = performance.now() - this.#since;
    if (elapsed >= 1000) { this.#rate = this.#sum * 1000 / elapsed; this.#sum = 0; this.#since = performance.now(); }
    return rate(this.#rate);
  }
}
const flushes = new Growth(), pictures = new Growth();

feed.addEventListener('service', ({ detail }) => {
  document.body.dataset.type = detail.type;
  document.title = detail.name;
  byId('service').textContent = detail.name;
  byId('version').textContent = `version ${detail.version}, run ${detail.instance}`;
  const management = `${location.protocol}//${location.hostname}:${detail.managementPort}/q/`;
  byId('health').href = management + 'health';
  byId('metrics').href = management + 'metrics';
  knobs.service(detail.type);
});
feed.addEventListener('devices', ({ detail }) => { devices.note(detail.devices); knobs.update(detail); stale.add('devices'); });
feed.addEventListener('buffers', ({ detail }) => { buffers.note(detail); stale.add('buffers'); });
feed.addEventListener('streams', ({ detail }) => {
  streams.note(detail);
  pictures.note(detail.map(row => [`${row.guest}/${row.device}/${row.stream.streamId}`, row.stream.pictures]));
  stale.add('streams');
});
feed.addEventListener('scanouts', ({ detail }) => {
  shown = detail;
  flushes.note(detail.map(row => [`${row.guest}/${row.device}/${row.scanout.scanoutId}`, row.scanout.flushCount]));
  draw();
});
feed.addEventListener('registrations', ({ detail }) => {
  registrations.add(detail, monotonic => feed.wall() - (feed.monotonic() - monotonic) / 1000);
  stale.add('registrations');
});
feed.addEventListener('state', ({ detail }) => {
  const pill = byId('connection');
  if (pill.dataset.state === detail) return;
  // A reader is told of trouble and of its end, not of the beginning.
  if (detail !== 'live' && detail !== 'connecting' || pill.dataset.state === 'lost') say(STATES[detail]);
  pill.dataset.state = detail;
  pill.textContent = STATES[detail];
});

const parts = {
  devices: () => devices.render(),
  buffers: () => buffers.render(),
  streams: () => streams.render(),
  registrations: () => registrations.render(),
};

function draw() {
  if (paused || document.hidden) return;
  scanouts.update(shown);
  for (const part of stale) parts[part]();
  stale.clear();
  const totals = buffers.totals();
  tile('tile-devices', count(devices.list().length));
  tile('tile-commands', devices.rate());
  tile('tile-flushes', flushes.rate());
  tile('tile-pictures', pictures.rate());
  tile('tile-buffers', count(totals.total));
  tile('tile-bytes', bytes(totals.bytes));
}

byId('pause').addEventListener('click', () => {
  paused = !paused;
  byId('pause').setAttribute('aria-pressed', paused);
  draw();
});
document.addEventListener('visibilitychange', draw);
setInterval(draw, 250);
// Ages grow, and a second without commands is one, without any news.
setInterval(() => { devices.tick(); stale.add('devices').add('buffers').add('streams'); }, 1000);
feed.connect();
