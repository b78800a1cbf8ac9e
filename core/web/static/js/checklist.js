// A checklist: each answer is sent as soon as it is given; what can't be sent is kept and sent again.
import { all, one } from './dom.js';

const waiting = new Set();
const sending = new Set();

function tell(item, words, bad) {
  const line = one('[data-item-state]', item);
  line.textContent = words;
  line.classList.toggle('c-bad', Boolean(bad));
}

function body(form, item) {
  const data = new FormData();
  data.append('csrf_token', one('[name=csrf_token]', form).value);
  for (const field of all('input, select, textarea', item)) {
    if (field.type === 'file' || (field.type === 'radio' && !field.checked)) continue;
    data.append(field.name, field.value);
  }
  return data;
}

async function send(form, item) {
  if (sending.has(item)) {
    waiting.add(item);
    return;
  }
  sending.add(item);
  waiting.delete(item);
  tell(item, form.dataset.saving);
  try {
    const answer = await fetch(form.action, { method: 'POST', body: body(form, item), headers: { 'X-Requested-With': 'fetch' } });
    const told = await answer.json();
    if (answer.ok) {
      const state = told.items[item.dataset.item];
      one(`[name="seen-${item.dataset.item}"]`, item).value = state.seen;
      item.classList.toggle('bad', state.bad);
      const remark = one('[data-remark]', item);
      if (remark) remark.hidden = !state.bad && !one('input', remark).value;
      tell(item, state.lacks ? `${form.dataset.saved}. ${state.lacks}` : form.dataset.saved);
      const count = one('[data-check-count]');
      count.textContent = `${told.answered} / ${all('[data-item]').length}`;
    } else tell(item, told.error || form.dataset.failed, true);
  } catch {
    waiting.add(item);
    tell(item, form.dataset.failed, true);
  }
  sending.delete(item);
  if (waiting.has(item) && navigator.onLine && !one('.c-bad[data-item-state]', item)) send(form, item);
}

/** Take charge of the checklist on this page. */
export function start() {
  const form = one('[data-checklist]');
  for (const part of all('[data-check-save], [data-photo-send]')) part.hidden = true;
  form.addEventListener('change', (event) => {
    const item = event.target.closest('[data-item]');
    if (!item) return;
    if (event.target.matches('[data-photo]')) document.getElementById(event.target.getAttribute('form')).requestSubmit();
    else send(form, item);
  });
  window.addEventListener('online', () => waiting.forEach((item) => send(form, item)));
  setInterval(() => waiting.forEach((item) => send(form, item)), 15000);
  window.addEventListener('beforeunload', (event) => {
    if (waiting.size || sending.size) event.preventDefault();
  });
}
