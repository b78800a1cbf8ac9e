// Keyboard: one place that decides what a key means. Never in fields, never while an input method composes, and not
// when a person has switched single keys off (data-shortcuts="off" on <html>).
import { all, isTyping, on, one } from './dom.js';
import { closeOpen } from './nav.js';
import { clearSelection, listKey } from './rows.js';

const singleKeys = () => document.documentElement.dataset.shortcuts !== 'off';

function hotkey(key) {
  const of = `[data-hotkey="${CSS.escape(key)}"]`;
  const target = one(`main ${of}`) ?? one(of); // what the page itself offers comes first
  if (!target) return false;
  if (target.matches('[type=checkbox]')) target.click();
  if (target.matches('input, textarea, select')) target.focus();
  else target.click();
  return true;
}

/** The first field behind a group that a person can go to. */
function behind(group) {
  const fields = all('input:not([type=hidden]), select, textarea', group.closest('form') ?? document);
  const inside = all('input', group);
  return fields.slice(fields.indexOf(inside[inside.length - 1]) + 1).find((field) => !field.disabled && field.offsetParent);
}

/** [data-digits]: 1 to 9 take the choices of the group that has the focus, else those of the page's first; then the focus
 * goes on to the next field, or to where the choice's data-next says (empty: it stays). */
function digit(key, at) {
  if (!/^[1-9]$/.test(key)) return false;
  const group = at.closest('[data-digits]') ?? one('main [data-digits]');
  const box = group && all('input', group)[key - 1];
  if (!box) return false;
  box.click();
  const named = box.dataset.next;
  const to = named === undefined && box.type === 'radio' ? behind(group) : named ? one(named) : null;
  (to ?? box).focus();
  return true;
}

function showKeys() {
  one('#keys')?.showModal?.();
}

function pressed(event) {
  if (event.isComposing || event.keyCode === 229 || one('dialog[open]')) return;
  const key = event.key.toLowerCase();
  if (key === 'escape') {
    if (!closeOpen() && !isTyping(event.target)) clearSelection();
    else if (isTyping(event.target)) event.target.blur();
    if (event.target.closest('[data-digits]')) event.target.blur(); // digits mean the first group again
    return;
  }
  if (key === 'enter' && (event.ctrlKey || event.metaKey)) {
    const form = event.target.form || event.target.closest?.('form') || one('form[data-main]');
    if (form && form.method === 'post') {
      event.preventDefault();
      form.requestSubmit(one('[data-main-submit]', form) ?? undefined);
    }
    return;
  }
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || !singleKeys()) return;
  if (key === 'enter' && event.target.closest('a, button, summary, label')) return;
  if (event.target.closest('[data-own-keys]')) return; // the rule grid has keys of its own
  if (key === '?') {
    event.preventDefault();
    showKeys();
  } else if (digit(key, event.target) || hotkey(key) || listKey(key)) {
    event.preventDefault();
  } else if (key === 'e') {
    event.preventDefault();
    showKeys();
  }
}

export function start() {
  document.addEventListener('keydown', pressed);
  on('click', '[data-show-keys]', showKeys);
}
