// A message template: placeholders go where one types, and the preview follows what is typed.
import { all, one } from './dom.js';

let last = null;
let waiting = null;

function show(told) {
  for (const [language, text] of Object.entries(told)) {
    const place = one(`[data-preview="${language}"]`);
    const error = one('[data-error]', place);
    error.textContent = text.error || '';
    error.hidden = !text.error;
    if (text.error) continue;
    one('[data-subject]', place).textContent = text.subject;
    one('[data-body]', place).textContent = text.body;
  }
}

async function preview(form) {
  const answer = await fetch(form.dataset.template, { method: 'POST', body: new FormData(form) });
  if (answer.ok) show(await answer.json());
}

export function start() {
  const form = one('[data-template]');
  const fields = all('input.inp, textarea.inp', form);
  for (const field of fields) {
    field.addEventListener('focus', () => { last = field; });
    field.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => preview(form), 300);
    });
  }
  for (const button of all('[data-placeholder]', form)) {
    button.addEventListener('click', () => {
      const field = last || fields[1];
      field.setRangeText(button.dataset.placeholder, field.selectionStart, field.selectionEnd, 'end');
      field.focus();
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
  }
}
