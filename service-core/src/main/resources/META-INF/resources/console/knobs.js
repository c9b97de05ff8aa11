// Setting latency and faults.

import { element, say } from './format.js';
import { inWords } from './devices.js';

const ALL = '';
const CODES = { gpu: '0x1200', video: '0x300' };
const USUAL = { gpu: ['RESOURCE_ASSIGN_UUID', 'RESOURCE_CREATE_2D', 'RESOURCE_FLUSH'], video: ['RESOURCE_CREATE', 'RESOURCE_QUEUE', 'STREAM_CREATE'] };

const send = async (path, body) => {
  const response = await fetch('/console/' + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `${response.status} ${response.statusText}`);
  return answer;
};

const targetOf = form => {
  const value = form.elements.target.value;
  if (value === ALL) return {};
  const [guest, device] = value.split('/');
  return { guest, device };
};

const named = form => form.elements.target.selectedOptions[0].textContent;

export class Knobs {
  #timing = document.getElementById('timing-form');
  #fault = document.getElementById('fault-form');
  #type = 'gpu';

  constructor() {
    const timing = this.#timing, fault = this.#fault;
    const setTiming = (transit, service) => this.#do('timing-outcome', () => send('timing', { target: targetOf(timing), transit, service }), () => transit || service
      ? `Set for ${named(timing)}: ` + [transit && 'transit ' + transit, service && 'service ' + service].filter(Boolean).join(', ')
      : `Latency is off for ${named(timing)}`);
    timing.addEventListener('submit', event => { event.preventDefault(); setTiming(timing.elements.transit.value.trim(), timing.elements.service.value.trim()); });
    document.getElementById('timing-off').addEventListener('click', () => {
      timing.elements.transit.value = timing.elements.service.value = '';
      setTiming('', '');
    });
    fault.addEventListener('submit', event => {
      event.preventDefault();
      const { command, effect, value, times } = fault.elements;
      const text = `${command.value.trim()}=${effect.value}${value.disabled ? '' : ':' + value.value.trim()}${times.value === '1' ? '' : '*' + times.value}`;
      this.#do('fault-outcome', () => send('faults', { target: targetOf(fault), fault: text }), () => `Armed at ${named(fault)}: ${text}`);
    });
    document.getElementById('faults-clear').addEventListener('click', () =>
      this.#do('fault-outcome', () => send('faults/clear', targetOf(fault)), answer => `${answer.cleared} disarmed at ${named(fault)}`));
    fault.elements.effect.addEventListener('change', () => this.#value());
  }

  service(type) {
    this.#type = type;
    this.#fault.elements.command.value ||= USUAL[type]?.[0] ?? '';
    this.#value();
  }

  /** The devices that can be chosen, the commands that they were seen to answer, and what is on. */
  update({ devices, toCome }) {
    const names = devices.map(device => device.guest + '/' + device.device);
    for (const form of [this.#timing, this.#fault]) {
      const select = form.elements.target, chosen = select.value;
      // Whoever is choosing is not disturbed; a device that is gone stays chosen until another is.
      if (document.activeElement === select && select.options.length) continue;
      const wanted = [ALL, ...new Set([...(chosen ? [chosen] : []), ...names])];
      if (wanted.length === select.options.length && wanted.every((name, i) => name === select.options[i].value)) continue;
      select.replaceChildren(...wanted.map(name => element('option', { value: name }, name || 'all devices, and those to come')));
      select.value = chosen;
    }
    const commands = [...new Set([...(USUAL[this.#type] ?? []), ...devices.flatMap(device => Object.keys(device.commands))])].sort();
    const list = document.getElementById('command-names');
    if (list.dataset.names !== commands.join()) {
      list.dataset.names = commands.join();
      list.replaceChildren(...commands.map(name => element('option', { value: name })));
    }
    const slow = devices.filter(device => inWords(device.injected).length).length;
    const coming = inWords(toCome);
    const banner = document.getElementById('injected');
    const text = coming.length ? `Injected at devices to come: ${coming.join(', ')}` + (slow ? `; ${slow} of ${devices.length} devices are slow or faulty now` : '')
      : slow ? `${slow} of ${devices.length} devices are slow or faulty on purpose` : '';
    banner.hidden = !text;
    if (banner.textContent !== text) banner.textContent = text;
  }

  #value() {
    const { effect, value } = this.#fault.elements, label = document.querySelector('#fault-value-label span');
    const kinds = { error: ['Code', CODES[this.#type] ?? ''], late: ['Time', '50ms'] };
    const [title, usual] = kinds[effect.value] ?? ['–', ''];
    label.textContent = title;
    value.disabled = !(effect.value in kinds);
    value.value = usual;
  }

  async #do(outcome, action, words) {
    const place = document.getElementById(outcome);
    try {
      const text = words(await action());
      place.textContent = text;
      place.classList.remove('bad');
      say(text);
    } catch (failure) {
      place.textContent = failure.message;
      place.classList.add('bad');
      say('Not done: ' + failure.message);
    }
  }
}
