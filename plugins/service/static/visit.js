// Visits on a phone: steppers, parts of a form that depend on a choice, who pays. What is typed and
// photographed is kept and sent by kept.js.
import { all, newKey, one, post, start as keeping, token } from './kept.js';

// --- steppers, parts that depend on a choice, the verdict -------------------------------------------------------------

function steppers() {
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-step]');
    if (!button) return;
    const input = one('input', button.parentElement);
    const value = Math.max(0, (Number(input.value) || 0) + Number(button.dataset.step));
    input.value = String(Number(value.toFixed(3)));
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

function dependent() {
  const show = () => {
    for (const part of all('[data-when]')) {
      const [, name, not, value] = part.dataset.when.match(/^(\w+)(!?)=(\w+)$/);
      const chosen = one(`[name="${name}"]:checked`)?.value ?? '';
      part.hidden = (chosen === value) === Boolean(not);
    }
  };
  document.addEventListener('change', show);
  show();
}

function verdicts() {
  const box = one('[data-cause]');
  if (!box) return;
  box.addEventListener('change', async (event) => {
    const place = one('[data-verdict]');
    const told = await post(box.dataset.cause, [
      ['cause', event.target.value], ['once', newKey()], ['csrf_token', await token(false)],
    ]);
    if (told?.html) place.innerHTML = told.html;
    else {
      const note = document.createElement('p');
      note.className = 'note warn';
      note.textContent = told?.error ?? box.dataset.causeOffline;
      place.replaceChildren(note);
    }
  });
}

const kept = keeping();
for (const start of [steppers, dependent, verdicts]) start();
kept.then(() => one('[data-sign-pad]')?.dispatchEvent(new Event('kept'))); // a drawing that was kept is drawn again
