// Registrations, gathered into runs: those of one report, or of one device whose guest has not reported.

import { median } from './format.js';

const MOST = 1024;
const HISTORY = 400;

export class Runs {
  #registrations = new Map();
  /** Reported runs as one point each, which outlive their registrations. */
  #history = new Map();

  add(registrations, wallOf) {
    for (const each of registrations) this.#registrations.set(each.number, each);
    while (this.#registrations.size > MOST) this.#registrations.delete(Math.min(...this.#registrations.keys()));
    const touched = new Set(registrations.map(each => each.report?.run).filter(run => run !== undefined));
    if (touched.size === 0) return;
    for (const run of this.all()) if (touched.has(run.run)) {
      this.#history.set(run.run, {
        run: run.run, strategy: run.strategy, at: wallOf(run.end) / 1000, blocked: run.blocked / 1000, roundTrip: run.roundTrip / 1000,
      });
    }
    while (this.#history.size > HISTORY) this.#history.delete(this.#history.keys().next().value);
  }

  /** Oldest first. */
  all() {
    const groups = new Map();
    for (const each of this.#registrations.values()) {
      const key = each.report ? 'run ' + each.report.run : each.guest + '/' + each.device;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(each);
    }
    return [...groups].map(([key, registrations]) => run(key, registrations)).sort((a, b) => a.end - b.end);
  }

  /** The latest run of each strategy, and the latest of one whose guest says nothing. */
  latest() {
    const latest = new Map();
    for (const each of this.all()) latest.set(each.strategy, each);
    return [...latest.values()];
  }

  history() { return [...this.#history.values()].sort((a, b) => a.at - b.at); }

  /** How many runs there were of a strategy that are still known. */
  count(strategy) {
    let runs = 0;
    for (const each of this.#history.values()) if (each.strategy === strategy) runs++;
    return runs;
  }
}

const run = (key, registrations) => {
  registrations.sort((a, b) => (a.report?.buffer ?? a.number) - (b.report?.buffer ?? b.number));
  const reports = registrations.map(each => each.report).filter(Boolean);
  const answered = reports.filter(report => report.roundTrip >= 0);
  const times = registrations.flatMap(each => [
    ...Object.entries(each.moments).filter(([name]) => name !== 'first_frame').map(([, at]) => at),
    ...each.importers.map(importer => importer.at),
    ...(each.report?.waits ?? []).flatMap(wait => [wait.start, wait.end])]);
  const sum = (list, of) => list.reduce((total, each) => total + of(each), 0);
  const trips = sum(answered, report => report.roundTrip);
  return {
    key,
    run: reports[0]?.run,
    guest: registrations[0].guest,
    device: registrations[0].device,
    strategy: reports[0]?.strategy ?? '',
    estimated: reports.some(report => report.estimated),
    registrations,
    start: Math.min(...times),
    end: Math.max(...times),
    failed: registrations.filter(each => !each.uuid).length,
    roundTrip: median(answered.map(report => report.roundTrip)),
    blocked: sum(reports, report => report.blocked),
    hiddenShare: trips > 0 ? sum(answered, report => Math.max(0, report.hidden)) / trips : NaN,
  };
};
