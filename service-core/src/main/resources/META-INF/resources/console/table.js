// A table that keeps its rows while they change, so that neither focus nor a reader's place is lost; sorted by any column.

import { element } from './format.js';

export class Table {
  #table; #columns; #key; #body; #rows = new Map(); #latest = []; #sort; #empty;

  /**
   * columns: [{ id, title, value(row), text(row)?, fill(cell, row)?, number?, classes?, unsorted? }]; the first one names the
   * row. key(row): unique. sort: { id, descending }.
   */
  constructor(table, columns, { key, sort, empty }) {
    this.#table = table;
    this.#columns = columns;
    this.#key = key;
    this.#sort = sort;
    this.#empty = empty;
    const head = element('tr');
    for (const column of columns) {
      const cell = element('th', { scope: 'col', 'data-column': column.id });
      if (column.number) cell.classList.add('number');
      if (column.unsorted) {
        cell.append(column.title);
      } else {
        const button = element('button', { type: 'button' }, column.title);
        button.addEventListener('click', () => this.#sortBy(column.id));
        cell.append(button);
      }
      head.append(cell);
    }
    this.#body = element('tbody');
    table.append(element('thead', {}, head), this.#body);
    this.#mark();
  }

  update(rows) {
    this.#latest = rows;
    const wanted = this.#sorted(rows);
    const keys = new Set(wanted.map(this.#key));
    for (const [key, row] of this.#rows) if (!keys.has(key)) { row.remove(); this.#rows.delete(key); }
    this.#body.querySelector('tr.nothing')?.remove();
    let before = this.#body.firstElementChild;
    for (const data of wanted) {
      const key = this.#key(data);
      let row = this.#rows.get(key);
      if (!row) { row = this.#make(); this.#rows.set(key, row); }
      this.#fill(row, data);
      // Only what is out of place is moved: a row that is moved loses focus.
      if (row === before) before = before.nextElementSibling; else this.#body.insertBefore(row, before);
    }
    if (wanted.length === 0) {
      const cell = element('td', { class: 'empty', colspan: this.#columns.length }, this.#empty);
      this.#body.append(element('tr', { class: 'nothing' }, cell));
    }
  }

  #make() {
    const row = element('tr');
    this.#columns.forEach((column, index) => {
      const cell = index === 0 ? element('th', { scope: 'row' }) : element('td');
      if (column.number) cell.classList.add('number');
      if (column.classes) cell.classList.add(...column.classes.split(' '));
      row.append(cell);
    });
    return row;
  }

  #fill(row, data) {
    this.#columns.forEach((column, index) => {
      const cell = row.cells[index];
      if (column.fill) {
        column.fill(cell, data);
      } else {
        const text = String(column.text ? column.text(data) : column.value(data));
        if (cell.textContent !== text) cell.textContent = text;
      }
    });
  }

  #sorted(rows) {
    const column = this.#columns.find(each => each.id === this.#sort.id);
    const sign = this.#sort.descending ? -1 : 1;
    return rows
      .map(row => ({ row, value: column.value(row), key: this.#key(row) }))
      .sort((a, b) => sign * compare(a.value, b.value) || compare(a.key, b.key))
      .map(each => each.row);
  }

  #sortBy(id) {
    this.#sort = { id, descending: this.#sort.id === id ? !this.#sort.descending : false };
    this.#mark();
    this.update(this.#latest);
  }

  #mark() {
    for (const cell of this.#table.tHead.rows[0].cells) {
      if (cell.dataset.column === this.#sort.id) cell.setAttribute('aria-sort', this.#sort.descending ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
  }
}

const compare = (a, b) => typeof a === 'number' && typeof b === 'number'
  ? a - b
  : String(a).localeCompare(String(b), 'en', { numeric: true });
