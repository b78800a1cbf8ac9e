// Questions before a step that can't be taken back: <form data-confirm="…"> or <button data-confirm="…">.
import { one, on } from './dom.js';

/** Ask in our dialog; answers true or false. Falls back on the browser's own question. */
export function ask(question, yes = '') {
  const dialog = one('#confirm');
  if (!dialog?.showModal) return Promise.resolve(window.confirm(question));
  one('#confirm-text').textContent = question;
  const button = one('[data-confirm-yes]', dialog);
  button.textContent = yes || button.dataset.label;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener('close', () => answer(dialog.returnValue === 'yes'), { once: true });
  });
}

export function start() {
  document.addEventListener('submit', async (event) => {
    const form = event.target;
    const source = event.submitter?.dataset.confirm ? event.submitter : form;
    const question = source.dataset.confirm;
    if (!question || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await ask(question, source.dataset.confirmLabel))) return;
    form.dataset.confirmed = 'yes';
    form.requestSubmit(event.submitter ?? undefined);
    delete form.dataset.confirmed;
  }, true);

  on('click', 'a[data-confirm]', async (link, event) => {
    event.preventDefault();
    if (await ask(link.dataset.confirm, link.dataset.confirmLabel)) window.location.href = link.href;
  });
}
