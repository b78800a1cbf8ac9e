// Keyboard: one place that decides what a key means. Never in fields, never while an input method composes, and not
// when a person has switched single keys off (data-shortcuts="off" on <html>).
import { isTyping, on, one } from './dom.js';
import { closeOpen } from './nav.js';
import { clearSelection, listKey } from './rows.js';

const singleKeys = () => document.documentElement.dataset.shortcuts !== 'off';

function hotkey(key) {
  const of = `[data-hotkey="${CSS.escape(key)}"]`;
  const target = one(`main ${of}`) ?? one(of); // what the page itself offers comes first
  if (!target) return false;
  if (target.matches('input, textarea, select')) target.focus();
  else target.click();
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
  } else if (hotkey(key) || listKey(key)) {
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
