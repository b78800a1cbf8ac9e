// Forms: sent once, warned about when left with changes, drafts kept on this device until the server has them.
import { all, on, one } from './dom.js';

const KEY = 'sanbao-draft:';
const secret = (field) => /^(password|file|hidden)$/.test(field.type) || field.name === 'csrf_token';
const fields = (form) => [...form.elements].filter((field) => field.name && !field.disabled && !secret(field));

function snapshot(form) {
  const values = {};
  for (const field of fields(form)) {
    if (/^(checkbox|radio)$/.test(field.type)) {
      if (field.checked) (values[field.name] ??= []).push(field.value);
    } else (values[field.name] ??= []).push(field.value);
  }
  return JSON.stringify(values);
}

function restore(form, saved) {
  const values = JSON.parse(saved);
  const seen = {};
  for (const field of fields(form)) {
    const list = values[field.name] ?? [];
    if (/^(checkbox|radio)$/.test(field.type)) field.checked = list.includes(field.value);
    else {
      const at = (seen[field.name] = (seen[field.name] ?? -1) + 1);
      if (list[at] !== undefined) field.value = list[at];
    }
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
}

/** data-draft="key": what is typed survives a closed tab. A page that shows data-draft-done="key" removes it. */
function drafts() {
  for (const done of all('[data-draft-done]')) localStorage.removeItem(KEY + done.dataset.draftDone);
  for (const form of all('form[data-draft]')) {
    const key = KEY + form.dataset.draft;
    const saved = localStorage.getItem(key);
    const notice = one('[data-draft-note]', form) ?? one('[data-draft-note]');
    if (saved && !form.hasAttribute('data-draft-fresh')) {
      restore(form, saved);
      if (notice) notice.hidden = false;
    }
    let timer;
    const keep = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        localStorage.setItem(key, snapshot(form));
        if (notice) notice.hidden = false;
      }, 400);
    };
    form.addEventListener('input', keep);
    form.addEventListener('change', keep);
    on('click', '[data-draft-drop]', () => {
      window.clearTimeout(timer);
      localStorage.removeItem(key);
      form.reset();
      if (notice) notice.hidden = true;
    });
  }
}

/** data-dirty-warn: the browser asks before a changed form is left in another way than by sending it. */
function dirtyWarning() {
  const watched = all('form[data-dirty-warn]').map((form) => ({ form, first: snapshot(form) }));
  if (!watched.length) return;
  let leaving = false;
  document.addEventListener('submit', (event) => { leaving ||= event.target.method !== 'dialog'; });
  on('click', '[data-discard]', () => { leaving = true; });
  window.addEventListener('beforeunload', (event) => {
    if (!leaving && watched.some(({ form, first }) => snapshot(form) !== first)) event.preventDefault();
  });
}

/** A posting form is sent once; its buttons wait. Coming back by the browser's history frees them again. */
function onlyOnce() {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'post' || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'yes';
    form.setAttribute('aria-busy', 'true');
    // after this event, so that the pressed button's name and value are still part of what is sent
    window.setTimeout(() => { for (const b of all('button[type=submit], input[type=submit]', form)) b.disabled = true; });
  });
  window.addEventListener('pageshow', () => {
    for (const form of all('form[data-sent]')) {
      delete form.dataset.sent;
      form.removeAttribute('aria-busy');
      for (const button of all('button[type=submit], input[type=submit]', form)) button.disabled = false;
    }
  });
}

function switches() {
  on('change', '[role=switch]', (box) => {
    const words = one('[data-sw-words]', box.closest('.sw') ?? box);
    if (words) words.textContent = box.checked ? words.dataset.on : words.dataset.off;
    if (box.dataset.href) window.location.href = box.dataset.href;
    else if (box.hasAttribute('data-submit')) box.form.requestSubmit();
  });
  on('change', 'select[data-submit]', (box) => box.form.requestSubmit());
}

export function start() {
  drafts();
  dirtyWarning();
  onlyOnce();
  switches();
  one('#errsum')?.focus();
}
