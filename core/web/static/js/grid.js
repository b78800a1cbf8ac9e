// The rule grid: a form's fields in a table become a grid with a keyboard (the ARIA grid pattern: one tab stop, arrows
// move, Enter edits). Nothing is decided here: the server reads what was typed, marks what changed and what is wrong.
import { all, one } from './dom.js';
import { Editor } from './grid-editor.js';

const MOST_STEPS = 200;
const WAIT = 250;

/** Rows and cells of a block copied from a spreadsheet; a quoted cell may hold line breaks. */
export function readBlock(text) {
  const rows = [['']];
  let quoted = false;
  const source = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at];
    const row = rows.at(-1);
    if (quoted && char === '"' && source[at + 1] === '"') {
      row[row.length - 1] += '"';
      at += 1;
    } else if (char === '"' && (quoted || row.at(-1) === '')) quoted = !quoted;
    else if (!quoted && char === '\t') row.push('');
    else if (!quoted && char === '\n') rows.push(['']);
    else row[row.length - 1] += char === '\n' ? ' ' : char;
  }
  return rows;
}

class Grid {
  constructor(table) {
    this.table = table;
    this.form = table.closest('form');
    this.body = one('[data-rows]', table);
    this.otherwise = one('[data-otherwise] tr', table);
    this.template = one('[data-row-template]', this.form);
    this.columns = all('thead th[data-part]', table).map(({ dataset }) => ({ ...dataset, choices: JSON.parse(dataset.choices), parts: JSON.parse(dataset.parts ?? '[]') }));
    this.inputs = this.columns.filter((column) => column.part === 'when').length;
    this.known = new Map(all('tr', this.body).map((row) => [row.dataset.key, row]));
    this.past = [];
    this.future = [];
    this.state = this.snapshot();
    this.sent = 0;
    this.dirty = this.form.hasAttribute('data-unsaved');
    this.setCurrent(this.cell(this.rows[0], 0) ?? this.cell(this.otherwise, this.inputs));
    this.listen();
  }

  // --- rows and cells ------------------------------------------------------------------------------------------------

  get rows() {
    return [...this.body.rows];
  }

  /** The cell of a row in a column; the last row has results only. */
  cell(row, column) {
    const cells = row ? all('td[data-f]', row) : [];
    return cells[row === this.otherwise ? column - this.inputs : column] ?? null;
  }

  placeOf(cell) {
    const row = cell.closest('tr');
    const at = all('td[data-f]', row).indexOf(cell);
    return { row, column: row === this.otherwise ? at + this.inputs : at };
  }

  columnOf(cell) {
    return this.columns[this.placeOf(cell).column];
  }

  setCurrent(cell) {
    if (!cell) return;
    if (this.current && this.current !== cell) this.current.tabIndex = -1;
    this.current = cell;
    cell.tabIndex = 0;
  }

  focus(cell) {
    this.setCurrent(cell);
    this.current?.focus({ preventScroll: true });
    this.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  write(cell, text) {
    one('.ci', cell).value = text;
    this.showText(cell);
  }

  showText(cell) {
    const text = one('.ci', cell).value;
    const { part } = this.columnOf(cell);
    one('.ct', cell).textContent = text || (part === 'then' ? '–' : '');
  }

  makeRow(key) {
    const made = this.template.content.firstElementChild.cloneNode(true);
    for (const node of [made, ...all('*', made)]) {
      for (const { name, value } of [...node.attributes]) if (value.includes('__KEY__')) node.setAttribute(name, value.replace('__KEY__', key));
    }
    this.known.set(key, made);
    return made;
  }

  freshKey() {
    let number = this.known.size + 1;
    while (this.known.has(`n${number}`)) number += 1;
    return `n${number}`;
  }

  // --- states: what undo goes back to --------------------------------------------------------------------------------

  snapshot() {
    const values = (row) => all('.ci', row).map((field) => field.value);
    return { rows: this.rows.map((row) => ({ key: row.dataset.key, values: values(row) })), otherwise: values(this.otherwise) };
  }

  restore(state) {
    const fill = (row, values) => all('td[data-f]', row).forEach((cell, at) => this.write(cell, values[at]));
    this.body.replaceChildren(...state.rows.map(({ key }) => this.known.get(key)));
    for (const { key, values } of state.rows) fill(this.known.get(key), values);
    fill(this.otherwise, state.otherwise);
    this.state = state;
    if (!this.current?.isConnected) this.setCurrent(this.cell(this.rows[0] ?? this.otherwise, 0) ?? this.cell(this.otherwise, this.inputs));
    this.changed();
  }

  /** Something was done: remember how it was before, number the rows, ask the server how it reads. */
  did() {
    this.past.push(this.state);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
    this.state = this.snapshot();
    this.changed();
  }

  changed() {
    this.dirty = true;
    this.rows.forEach((row, at) => { one('.rn-n', row).textContent = at + 1; });
    this.showSteps();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.check(), WAIT);
  }

  showSteps() {
    for (const [name, steps] of [['undo', this.past], ['redo', this.future]]) {
      const button = one(`[data-grid-do=${name}]`);
      if (button) button.disabled = !steps.length;
    }
  }

  undo() {
    if (!this.past.length) return;
    this.future.push(this.state);
    this.restore(this.past.pop());
    this.focus(this.current);
  }

  redo() {
    if (!this.future.length) return;
    this.past.push(this.state);
    this.restore(this.future.pop());
    this.focus(this.current);
  }

  // --- rows ----------------------------------------------------------------------------------------------------------

  insert(row, column) {
    const made = this.makeRow(this.freshKey());
    if (row && row !== this.otherwise) row.after(made);
    else this.body.append(made);
    this.did();
    this.focus(this.cell(made, column ?? 0));
  }

  copyRow(row, column) {
    if (row === this.otherwise) return;
    const made = this.makeRow(this.freshKey());
    row.after(made);
    all('td[data-f]', row).forEach((cell, at) => this.write(this.cell(made, at), one('.ci', cell).value));
    this.did();
    this.focus(this.cell(made, column ?? 0));
  }

  remove(row, column) {
    if (row === this.otherwise) return;
    const next = row.nextElementSibling ?? row.previousElementSibling ?? this.otherwise;
    row.remove();
    this.did();
    this.focus(this.cell(next, column) ?? this.cell(this.otherwise, this.inputs));
  }

  move(row, by, column) {
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (row === this.otherwise || !other) return;
    if (by < 0) other.before(row);
    else other.after(row);
    this.did();
    this.focus(this.cell(row, column));
  }

  act(verb, row, column) {
    if (verb === 'undo' || verb === 'redo') this[verb]();
    else if (verb === 'insert') this.insert(row, column);
    else if (verb === 'copy') this.copyRow(row, column);
    else if (verb === 'remove') this.remove(row, column);
    else if (verb === 'up' || verb === 'down') this.move(row, verb === 'up' ? -1 : 1, column);
    else return false;
    return true;
  }

  // --- cells ---------------------------------------------------------------------------------------------------------

  edit(cell, text = null) {
    if (!cell || this.editor) return;
    this.setCurrent(cell);
    this.editor = new Editor(cell, this.columnOf(cell), {
      text,
      done: (moved) => this.edited(cell, moved),
      cancelled: () => {
        this.editor = null;
        this.focus(cell);
      },
    });
  }

  edited(cell, moved) {
    const { changed } = this.editor;
    this.editor = null;
    this.showText(cell);
    if (changed) this.did();
    if (moved === 'stay') this.focus(cell);
    else if (moved) this.focus(this.beside(cell, moved === 'on' ? 1 : -1) ?? cell);
  }

  /** The next or previous cell in reading order. */
  beside(cell, by) {
    const cells = all('td[data-f]', this.table);
    return cells[cells.indexOf(cell) + by];
  }

  set(cell, text) {
    if (!cell || one('.ci', cell).value === text) return;
    this.write(cell, text);
    this.did();
  }

  copyAbove({ row, column }) {
    const above = row === this.otherwise ? this.rows.at(-1) : row.previousElementSibling;
    const source = above && this.cell(above, column);
    if (source) this.set(this.cell(row, column), one('.ci', source).value);
  }

  paste(text) {
    const block = readBlock(text);
    const { row, column } = this.placeOf(this.current);
    let at = row;
    let count = 0;
    for (const line of block) {
      if (!at) {
        at = this.makeRow(this.freshKey());
        this.body.append(at);
      }
      line.forEach((value, offset) => {
        const cell = this.cell(at, column + offset);
        if (!cell) return;
        this.write(cell, value.trim());
        count += 1;
      });
      at = at === this.otherwise ? this.otherwise : at.nextElementSibling;
      if (row === this.otherwise) break;
    }
    this.did();
    this.say(this.table.dataset.pasted.replace('{n}', count));
  }

  // --- keys ----------------------------------------------------------------------------------------------------------

  pressed(event) {
    const cell = event.target.closest('td[data-f]');
    if (this.editor || event.target !== cell || event.isComposing) return;
    const place = this.placeOf(cell);
    const command = event.ctrlKey || event.metaKey;
    const meant = command ? this.commandKey(event, place) : event.altKey ? this.altKey(event, place) : this.plainKey(event, place);
    if (!meant) return;
    event.preventDefault();
    event.stopPropagation();
  }

  commandKey(event, { row, column }) {
    const key = event.key.toLowerCase();
    if (key === 'd') this.copyAbove({ row, column });
    else if (key === 'z') this.act(event.shiftKey ? 'redo' : 'undo');
    else if (key === 'y') this.redo();
    else if (key === 's') this.save();
    else if (key === 'delete' || key === 'backspace') this.remove(row, column);
    else if (key === 'home') this.focus(this.cell(this.rows[0] ?? this.otherwise, 0));
    else if (key === 'end') this.focus(this.beside(this.cell(this.otherwise, this.columns.length - 3), 0));
    else return false;
    return true;
  }

  altKey(event, { row, column }) {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return false;
    this.move(row, event.key === 'ArrowUp' ? -1 : 1, column);
    return true;
  }

  plainKey(event, { row, column }) {
    const { key } = event;
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [-10, 0], PageDown: [10, 0] };
    if (steps[key]) this.step(row, column, ...steps[key]);
    else if (key === 'Home') this.focus(this.cell(row, 0) ?? this.cell(row, this.inputs));
    else if (key === 'End') this.focus(all('td[data-f]', row).at(-1));
    else if (key === 'Enter' || key === 'F2') this.edit(this.current);
    else if (key === 'Delete' || key === 'Backspace') this.set(this.current, '');
    else if (key === 'Insert') this.insert(row, column);
    else if (key.length === 1) this.edit(this.current, key === ' ' ? null : key);
    else if (key === 'Process') {
      this.edit(this.current, '');
      return false; // the input method goes on in the field
    } else return false;
    return true;
  }

  step(row, column, down, right) {
    const lines = [...this.rows, this.otherwise];
    const at = Math.min(Math.max(lines.indexOf(row) + down, 0), lines.length - 1);
    this.focus(this.cell(lines[at], column + right) ?? (right ? null : this.cell(lines[at], this.inputs)) ?? this.current);
  }

  // --- the server ----------------------------------------------------------------------------------------------------

  send(address, extra = {}) {
    const data = new URLSearchParams(new FormData(this.form));
    for (const [name, value] of Object.entries(extra)) data.set(name, value);
    return fetch(address, { method: 'POST', body: data, headers: { Accept: 'application/json' } });
  }

  async check() {
    this.sent += 1;
    const asked = this.sent;
    const typed = new Map(all('.ci', this.table).map((field) => [field.name, field.value]));
    let answer;
    try {
      const response = await this.send(this.form.dataset.check);
      if (!response.ok) return;
      answer = await response.json();
    } catch {
      return; // no connection: marks stay as they were, the grid is still here
    }
    if (asked === this.sent) this.mark(answer, typed);
  }

  mark(answer, typed) {
    for (const [name, told] of Object.entries(answer.cells)) {
      const cell = one(`td[data-f="${CSS.escape(name)}"]`, this.table);
      if (cell && cell !== this.editor?.cell) this.markCell(cell, told, typed.get(name));
    }
    for (const [key, told] of Object.entries(answer.rows)) this.markRow(this.known.get(key), told);
    if (!this.editor) this.state = this.snapshot();
    one('[data-findings]', this.form).innerHTML = answer.findings;
    const summary = one('[data-summary]', this.form);
    if (summary) summary.textContent = answer.summary || this.table.dataset.nothing;
  }

  markCell(cell, told, typed) {
    const field = one('.ci', cell);
    if (!told.error && field.value === typed) {
      field.value = told.text;
      this.showText(cell);
    }
    cell.classList.toggle('any', told.any);
    cell.classList.toggle('chd', told.changed);
    cell.classList.toggle('bad', Boolean(told.error));
    const error = one('.ce', cell);
    error.textContent = told.error;
    for (const part of [cell, field]) {
      part.toggleAttribute('aria-invalid', Boolean(told.error));
      if (told.error) {
        part.setAttribute('aria-invalid', 'true');
        part.setAttribute('aria-describedby', error.id);
      } else part.removeAttribute('aria-describedby');
    }
    const was = one('.cw', cell);
    was.replaceChildren();
    if (!told.changed) return;
    const before = Object.assign(document.createElement('span'), { className: 'sr', textContent: this.table.dataset.before });
    was.append(before, Object.assign(document.createElement('del'), { textContent: told.old || this.table.dataset.blank }));
  }

  markRow(row, told) {
    if (!row) return;
    row.classList.toggle('new', told.kind === 'added');
    const mark = one('.chg', row);
    mark.hidden = told.kind !== 'added' && !told.moved;
    mark.textContent = told.kind === 'added' ? mark.dataset.new : mark.dataset.moved;
  }

  /** Save without leaving the page; whatever the server refuses, it tells on the page itself. */
  async save() {
    if (this.saving) return;
    this.saving = true;
    try {
      let response = await this.send(this.form.action, { do: 'save' });
      if (response.status === 400) {
        await this.freshToken();
        response = await this.send(this.form.action, { do: 'save' });
      }
      if (response.redirected || response.status === 401) this.say(this.table.dataset.signedOut, true);
      else if (response.ok) this.saved(await response.json());
      else this.leave(one('[data-main-submit]', this.form));
    } catch {
      this.say(this.table.dataset.offline, true);
    } finally {
      this.saving = false;
    }
  }

  saved({ version, message }) {
    one('[name=version]', this.form).value = version;
    for (const field of all('.upform [name=version]', document)) field.value = version;
    const words = one('[data-saved]');
    if (words) words.textContent = message;
    this.dirty = false;
    this.say(message);
  }

  /** Somebody signed in again in another tab: the page's token against forged forms is that of the old session. */
  async freshToken() {
    const page = await (await fetch(window.location.pathname)).text();
    const token = new DOMParser().parseFromString(page, 'text/html').querySelector('[name=csrf_token]');
    if (token) for (const field of all('[name=csrf_token]', document)) field.value = token.value;
  }

  leave(button) {
    this.leaving = true;
    this.form.requestSubmit(button);
  }

  /** What went well goes away by itself; what did not stays until the next attempt. */
  say(words, stays = false) {
    const place = one('[data-grid-says]', this.form);
    place.textContent = words;
    place.hidden = false;
    window.clearTimeout(this.saying);
    if (!stays) this.saying = window.setTimeout(() => { place.hidden = true; }, 4000);
  }

  // --- listening -----------------------------------------------------------------------------------------------------

  listen() {
    this.table.addEventListener('keydown', (event) => this.pressed(event));
    this.table.addEventListener('focusin', (event) => {
      const cell = event.target.closest('td[data-f]');
      if (cell && event.target === cell) this.setCurrent(cell);
    });
    this.table.addEventListener('click', (event) => this.clicked(event));
    this.table.addEventListener('dblclick', (event) => this.edit(event.target.closest('td[data-f]')));
    this.table.addEventListener('copy', (event) => {
      if (this.editor || !this.current || document.activeElement !== this.current) return;
      event.clipboardData.setData('text/plain', one('.ci', this.current).value);
      event.preventDefault();
    });
    this.table.addEventListener('paste', (event) => {
      if (this.editor || !event.target.closest('td[data-f]')) return;
      event.preventDefault();
      this.paste(event.clipboardData.getData('text/plain'));
    });
    this.form.addEventListener('click', (event) => this.button(event));
    this.form.addEventListener('submit', (event) => this.submitted(event));
    for (const field of all('#reason, #effective_from', this.form)) field.addEventListener('input', () => { this.dirty = true; });
    window.addEventListener('beforeunload', (event) => {
      if (this.dirty && !this.leaving) event.preventDefault();
    });
  }

  clicked(event) {
    const cell = event.target.closest('td[data-f]');
    if (!cell || this.editor?.cell === cell) return;
    const touched = event.pointerType === 'touch' || window.matchMedia('(max-width: 767px)').matches;
    if (touched || (this.wasCurrent === cell)) this.edit(cell);
    else this.focus(cell);
    this.wasCurrent = cell;
  }

  button(event) {
    const button = event.target.closest('button');
    if (!button) return;
    const { row, column } = this.placeOf(this.current);
    if (button.dataset.gridDo) {
      event.preventDefault();
      this.act(button.dataset.gridDo, row, column);
      return;
    }
    const [verb, key] = button.closest('.ra') ? button.value.split(':') : [];
    if (verb && this.act(verb, this.known.get(key), 0)) event.preventDefault();
  }

  submitted(event) {
    const value = event.submitter?.value;
    if (value === 'save' && !this.leaving) {
      event.preventDefault();
      this.save();
    } else if (!event.defaultPrevented) this.leaving = true;
  }
}

export function start() {
  for (const table of all('[data-grid]')) new Grid(table);
}
