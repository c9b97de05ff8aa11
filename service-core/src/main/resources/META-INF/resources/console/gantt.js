// A run's registrations as bars over time, in the colours of report.html.

import { element, millis, percent, svg } from './format.js';

const WIDTH = 640, LEFT = 34, RIGHT = 12, ROW = 15, TOP = 4, BOTTOM = 20;
const MOST_ROWS = 32;

export const summary = run => run.strategy
  ? `${run.registrations.length} buffers, round trip ${millis(run.roundTrip)} ms, waited ${millis(run.blocked)} ms in all, ${percent(run.hiddenShare)} hidden`
    + (run.failed ? `, ${run.failed} failed` : '')
  : `${run.registrations.length} buffers; the guest does not report, so only the device's side is known`
    + (run.failed ? `; ${run.failed} failed` : '');

export const name = run => run.strategy || 'not reported';

const niceStep = span => {
  const raw = span / 6, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map(each => each * power).find(each => each >= raw);
};

/** Draws a run; all that are drawn with the same span can be compared. span: microseconds. */
export const draw = (figure, run, span) => {
  const rows = run.registrations.slice(0, MOST_ROWS);
  const height = TOP + rows.length * ROW + BOTTOM;
  const scale = (WIDTH - LEFT - RIGHT) / span;
  const x = at => LEFT + (at - run.start) * scale;
  const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': `${name(run)}: ${summary(run)}` });
  for (let at = 0, step = niceStep(span); at <= span; at += step) {
    picture.append(svg('line', { class: 'grid', x1: x(run.start + at), x2: x(run.start + at), y1: TOP, y2: TOP + rows.length * ROW }));
    picture.append(svg('text', { x: x(run.start + at), y: height - 6, 'text-anchor': 'middle' }, Number((at / 1000).toPrecision(3)) + (at === 0 ? ' ms' : '')));
  }
  rows.forEach((registration, index) => {
    const y = TOP + index * ROW, moments = registration.moments;
    const bar = (kind, from, to, top, tall) => {
      if (from === undefined || to === undefined || to < from) return;
      picture.append(svg('rect', { class: kind, x: x(from), y: y + top, width: Math.max(1.5, (to - from) * scale), height: tall }));
    };
    picture.append(svg('text', { x: LEFT - 8, y: y + 11, 'text-anchor': 'end' }, String(registration.report?.buffer ?? registration.resource)));
    bar('flight', moments.sent, moments.handled ?? registration.report?.waits.at(-1)?.end, 2, 11);
    bar('device', moments.device_received, moments.device_answered, 2, 11);
    for (const wait of registration.report?.waits ?? []) bar('blocked', wait.start, wait.end, 5.5, 4);
    bar('import', moments.get_uuid_returned, moments.imported, 4, 7);
    for (const importer of registration.report ? [] : registration.importers) bar('import', importer.at, importer.at, 2, 11);
    bar('asked', moments.get_uuid_called, moments.get_uuid_called, 0, 15);
  });
  const caption = element('figcaption', {},
    element('strong', {}, name(run)), ` ${run.guest}/${run.device}: ${summary(run)}`
      + (run.registrations.length > MOST_ROWS ? `; the first ${MOST_ROWS} are drawn` : '')
      + (run.estimated ? '; another machine’s clock, placed around the device’s times' : ''));
  figure.replaceChildren(caption, picture);
};
