// One cell of the rule grid while it is edited: its field, a hint, and where the column has choices a list of them.
// Text stays free ("not misuse", "≥ 10"): the list only writes for the person. The server reads it.
const SEPARATORS = /[,，、;；]/;
const NEGATION = /^\s*(?:not\s+|≠\s*|!=\s*|非\s*|不是\s*)/i;
const FORMULA = /^\s*[=＝]/;
const WORD = /[^\s+\-*/×÷−(),（），=＝[\]]*$/; // what somebody is just typing in a formula
const joint = document.documentElement.lang.startsWith('zh') ? '、' : ', ';

/** The values in a list as typed, a leading "not" left out. */
const valuesIn = (text) => text.replace(NEGATION, '').split(SEPARATORS).map((part) => part.trim()).filter(Boolean);

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export class Editor {
  /** `column` describes the cell; `done(moved)` is called after a commit, `moved` being the key that caused it. */
  constructor(cell, column, { text = null, done, cancelled }) {
    this.cell = cell;
    this.column = column;
    this.done = done;
    this.cancelled = cancelled;
    this.input = cell.querySelector('.ci');
    this.before = this.input.value;
    this.active = -1;
    this.steered = false; // whether an option was gone to, so that Enter and Space mean it
    this.typed = text !== null;
    this.toggled = false;
    cell.classList.add('editing');
    cell.tabIndex = -1;
    if (text !== null) this.input.value = text;
    this.open();
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    this.input.addEventListener('keydown', (event) => this.pressed(event), { signal });
    this.input.addEventListener('input', () => this.typing(), { signal });
    this.input.addEventListener('blur', () => this.commit(''), { signal });
    this.input.focus();
    if (text === null) this.input.select();
  }

  get changed() {
    return this.input.value !== this.before;
  }

  // --- the list ------------------------------------------------------------------------------------------------------

  open() {
    const { choices, parts, hint } = this.column;
    this.pop = element('div', { className: 'gpop pop' });
    if (choices.length || parts.length) {
      this.list = element('div', { id: 'grid-list', className: 'glist' });
      this.list.setAttribute('role', 'listbox');
      this.list.setAttribute('aria-label', this.column.label);
      if (this.isMulti) this.list.setAttribute('aria-multiselectable', 'true');
      this.pop.append(this.list);
      const attributes = { role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'grid-list', 'aria-autocomplete': 'list' };
      for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    }
    this.pop.append(element('p', { id: 'grid-hint', className: 'hint', textContent: hint }));
    this.input.setAttribute('aria-describedby', 'grid-hint');
    this.pop.addEventListener('pointerdown', (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest('[role=option]');
      if (option) this.take(this.options[Number(option.dataset.at)], this.isMulti);
    });
    document.body.append(this.pop);
    if (this.typed) this.typing();
    else this.active = this.options.findIndex(([option]) => this.chosen.has(option));
    this.draw();
    this.place();
  }

  get isMulti() {
    return this.column.part === 'when';
  }

  /** The part of the text behind the last separator, by which the list is narrowed once somebody has typed. */
  get fragment() {
    return this.input.value.replace(NEGATION, '').split(SEPARATORS).at(-1).trim();
  }

  /** Whether a formula is being typed: the list then offers what it can be made of, and adds to the text. */
  get isFormula() {
    return this.column.parts.length > 0 && FORMULA.test(this.input.value);
  }

  get options() {
    if (this.isFormula) {
      const word = WORD.exec(this.input.value)[0].toLowerCase();
      return this.column.parts.filter(([text, label]) => `${text}\n${label}`.toLowerCase().includes(word));
    }
    const wanted = this.typed ? this.fragment.toLowerCase() : '';
    const found = this.column.choices.filter(([text, label]) => `${text}\n${label}`.toLowerCase().includes(wanted));
    const rank = ([text, label]) => (text.toLowerCase() === wanted || label.toLowerCase() === wanted ? 0 : text.toLowerCase().startsWith(wanted) ? 1 : 2);
    return wanted ? [...found].sort((a, b) => rank(a) - rank(b)) : found;
  }

  /** The options that the text names. */
  get chosen() {
    return new Set(this.isMulti && this.input.value.trim() ? valuesIn(this.input.value) : [this.input.value.trim()]);
  }

  draw() {
    if (!this.list) return;
    const { chosen } = this;
    this.list.replaceChildren(...this.options.map(([text, label], at) => {
      const option = element('div', { id: `grid-option-${at}`, className: 'gopt' }, element('span', { className: 'gmark' }), label);
      option.setAttribute('role', 'option');
      option.dataset.at = at;
      option.setAttribute('aria-selected', String(chosen.has(text)));
      option.classList.toggle('on', at === this.active);
      return option;
    }));
    this.list.hidden = !this.list.children.length;
    this.input.setAttribute('aria-expanded', String(!this.list.hidden));
    const current = this.list.children[this.active];
    if (current) {
      this.input.setAttribute('aria-activedescendant', current.id);
      current.scrollIntoView({ block: 'nearest' });
    } else this.input.removeAttribute('aria-activedescendant');
  }

  place() {
    const box = this.cell.getBoundingClientRect();
    const height = this.pop.offsetHeight;
    const below = box.bottom + height < window.innerHeight || box.top < height;
    const left = Math.min(box.left, document.documentElement.clientWidth - this.pop.offsetWidth - 8);
    this.pop.style.left = `${Math.max(left, 8) + window.scrollX}px`;
    this.pop.style.top = `${(below ? box.bottom : box.top - height - 4) + window.scrollY}px`;
    this.pop.style.minWidth = `${Math.min(box.width, 320)}px`;
  }

  /** Write an option into the field: `more` adds it to (or takes it out of) the values there, else it stands alone. */
  take([text, , alone], more) {
    if (this.isFormula) {
      this.input.value = this.input.value.replace(WORD, text);
      this.typing();
      return;
    }
    const negation = NEGATION.exec(this.input.value)?.[0] ?? '';
    if (alone || !this.isMulti) this.input.value = text;
    else if (more) {
      const specials = new Set(this.column.choices.filter((c) => c[2]).map((c) => c[0]));
      const values = valuesIn(this.input.value).filter((value) => !specials.has(value));
      const kept = this.typed ? values.slice(0, -1) : values;
      const next = kept.includes(text) ? kept.filter((value) => value !== text) : [...kept, text];
      this.input.value = next.length ? negation + next.join(joint) : '';
    } else if (this.typed && (negation || SEPARATORS.test(this.input.value))) {
      const values = valuesIn(this.input.value);
      const kept = this.fragment ? values.slice(0, -1) : values;
      this.input.value = negation + [...kept, text].join(joint);
    } else this.input.value = text;
    this.typed = false;
    this.toggled = true;
    this.draw();
  }

  // --- keys ----------------------------------------------------------------------------------------------------------

  typing() {
    this.typed = true;
    this.toggled = false;
    const begun = this.isFormula ? WORD.exec(this.input.value)[0] : this.fragment;
    const complete = this.isFormula && this.options.some(([text]) => text === begun);
    this.active = this.list && begun && !complete && this.options.length ? 0 : -1;
    this.steered = this.active >= 0;
    this.draw();
  }

  pressed(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const { key } = event;
    if ((event.ctrlKey || event.metaKey) && key === 'Enter') {
      this.commit('');
      return; // the page's own shortcut saves the form
    }
    event.stopPropagation();
    if (key === 'Escape') this.cancel();
    else if (key === 'Enter') this.enter();
    else if (key === 'Tab') this.commit(event.shiftKey ? 'back' : 'on');
    else if (this.list && (key === 'ArrowDown' || key === 'ArrowUp')) this.step(key === 'ArrowDown' ? 1 : -1);
    else if (key === ' ' && this.steered && !this.typed) this.take(this.options[this.active], this.isMulti);
    else return;
    event.preventDefault();
  }

  step(by) {
    const count = this.options.length;
    if (!count) return;
    this.active = this.active < 0 ? (by > 0 ? 0 : count - 1) : (this.active + by + count) % count;
    this.steered = true;
    this.draw();
  }

  enter() {
    const option = this.options[this.active];
    if (option && this.steered && this.isFormula) {
      this.take(option, false);
      return; // the formula goes on
    }
    if (option && this.steered && !this.toggled) this.take(option, false);
    this.commit('stay');
  }

  // --- the end -------------------------------------------------------------------------------------------------------

  close() {
    this.listeners.abort();
    this.pop.remove();
    for (const name of ['role', 'aria-expanded', 'aria-controls', 'aria-autocomplete', 'aria-activedescendant', 'aria-describedby']) this.input.removeAttribute(name);
    this.cell.classList.remove('editing');
    this.cell.tabIndex = 0;
  }

  commit(moved) {
    this.close();
    this.done(moved);
  }

  cancel() {
    this.input.value = this.before;
    this.close();
    this.cancelled();
  }
}
