// Scanouts as pictures. A picture is asked for when frames have landed, one at a time, and only where somebody can see it.

import { element, rate } from './format.js';

/** A guest that plugs one device after the other keeps its place on the page. */
const GONE_AFTER = 5000;

export class Scanouts {
  #places = new Map();
  #list = document.getElementById('scanout-list');
  #seen = new IntersectionObserver(entries => {
    for (const entry of entries) {
      const place = [...this.#places.values()].find(each => each.figure === entry.target);
      if (place) { place.visible = entry.isIntersecting; this.#load(place); }
    }
  });

  update(scanouts) {
    const now = performance.now();
    for (const place of this.#places.values()) place.there = false;
    for (const { guest, device, scanout } of scanouts) {
      const key = guest + ' ' + scanout.scanoutId;
      const place = this.#places.get(key) ?? this.#make(key);
      if (place.there) continue;
      if (place.device !== device) { place.device = device; place.loaded = -1; place.counted = { at: now, flushes: scanout.flushCount }; place.rate = 0; }
      if (now - place.counted.at >= 1000) {
        place.rate = (scanout.flushCount - place.counted.flushes) * 1000 / (now - place.counted.at);
        place.counted = { at: now, flushes: scanout.flushCount };
      }
      Object.assign(place, { there: true, last: now, guest, scanout });
      const what = `${guest}/${device} scanout ${scanout.scanoutId}`;
      place.canvas.setAttribute('aria-label', 'What ' + what + ' shows');
      place.caption.textContent = `${what}: ${scanout.width}×${scanout.height}, resource ${scanout.resourceId}, ${scanout.flushCount} flushes, ${rate(place.rate)}`;
      place.figure.classList.remove('gone');
      this.#load(place);
    }
    for (const [key, place] of this.#places) {
      if (place.there) continue;
      place.figure.classList.add('gone');
      if (now - place.last > GONE_AFTER) { this.#seen.unobserve(place.figure); place.figure.remove(); this.#places.delete(key); }
    }
    document.getElementById('scanouts-empty').hidden = this.#places.size > 0;
  }

  #make(key) {
    const canvas = element('canvas', { role: 'img' });
    const caption = element('figcaption');
    const figure = element('figure', {}, canvas, caption);
    const place = { figure, canvas, caption, loaded: -1, loading: false, visible: false, counted: { at: 0, flushes: 0 }, rate: 0 };
    this.#places.set(key, place);
    this.#list.append(figure);
    this.#seen.observe(figure);
    return place;
  }

  #load(place) {
    if (!place.there || place.loading || !place.visible || document.hidden || place.loaded === place.scanout.flushCount) return;
    place.loading = true;
    const flushes = place.scanout.flushCount;
    const picture = new Image();
    picture.onload = () => {
      place.canvas.width = picture.naturalWidth;
      place.canvas.height = picture.naturalHeight;
      place.canvas.getContext('2d').drawImage(picture, 0, 0);
      place.loaded = flushes;
      place.loading = false;
      place.canvas.dataset.flushes = flushes;
      this.#load(place);
    };
    // It may have gone between the news and the request.
    picture.onerror = () => { place.loading = false; };
    picture.src = `/scanouts/${place.guest}/${place.device}/${place.scanout.scanoutId}.png?flushes=${flushes}`;
  }
}
