// What the service tells: server-sent events, and how the connection does.

const AGAIN = 5000;

export class Feed extends EventTarget {
  #source = null;
  #offset = { wall: 0, monotonic: 0 };

  /** The service's clock, milliseconds of the epoch. */
  wall() { return Date.now() + this.#offset.wall; }

  /** The service's monotonic clock, microseconds. */
  monotonic() { return performance.now() * 1000 + this.#offset.monotonic; }

  connect() {
    this.#state('connecting');
    const source = new EventSource('/console/events');
    this.#source = source;
    source.addEventListener('open', () => this.#state('live'));
    source.addEventListener('error', () => {
      // Without a stream at all (a refusal) a browser does not try again by itself.
      const refused = source.readyState === EventSource.CLOSED;
      this.#state(refused ? 'full' : 'lost');
      if (refused) setTimeout(() => this.connect(), AGAIN);
    });
    source.addEventListener('bye', () => this.#state('ended'));
    source.addEventListener('clock', event => {
      const clock = JSON.parse(event.data);
      this.#offset = { wall: clock.wall - Date.now(), monotonic: clock.monotonic - performance.now() * 1000 };
    });
    for (const name of ['service', 'devices', 'buffers', 'scanouts', 'streams', 'registrations']) {
      source.addEventListener(name, event => this.dispatchEvent(new CustomEvent(name, { detail: JSON.parse(event.data) })));
    }
  }

  #state(state) { this.dispatchEvent(new CustomEvent('state', { detail: state })); }
}
