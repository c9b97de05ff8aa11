// Numbers and times for people.

export const bytes = value => {
  if (value < 1024) return value + ' B';
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let unit = -1;
  do { value /= 1024; unit++; } while (value >= 1024 && unit < units.length - 1);
  return value.toFixed(value < 10 ? 1 : 0) + ' ' + units[unit];
};

export const count = value => value.toLocaleString('en');

export const rate = value => value < 9.95 ? value.toFixed(1) + '/s' : count(Math.round(value)) + '/s';

/** Microseconds as milliseconds, with three digits that say something. */
export const millis = micros => {
  if (micros === undefined || micros === null || micros < 0) return '–';
  const ms = micros / 1000;
  return ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0);
};

export const age = ms => {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return seconds.toFixed(seconds < 10 ? 1 : 0) + ' s';
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? minutes + ' min ' + String(Math.floor(seconds % 60)).padStart(2, '0') + ' s'
    : Math.floor(minutes / 60) + ' h ' + String(minutes % 60).padStart(2, '0') + ' min';
};

export const percent = share => Number.isFinite(share) ? Math.round(100 * share) + ' %' : '–';

export const median = numbers => {
  if (numbers.length === 0) return -1;
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

const SVG = 'http://www.w3.org/2000/svg';

export const svg = (name, attributes, text) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};

export const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Says something to those who do not see the page; sparingly. */
export const say = text => { document.getElementById('said').textContent = text; };
