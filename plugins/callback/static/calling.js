// What is typed on a call lies on this device (core forms.js) and, a moment later, on the server: the lock lasts on and
// another device shows it, too. Without this everything still works; the form is sent by its buttons.
const form = document.querySelector('[data-calling]');
const LATER = 1500;
const AGAIN = 15000;
let timer = 0;
let running = null;

function tell(which) {
  const note = form.querySelector('[data-draft-note]');
  const words = form.querySelector('[data-kept-words]');
  if (!note || !words) return;
  note.hidden = false;
  words.textContent = words.dataset[which];
}

async function send() {
  running?.abort();
  running = new AbortController();
  try {
    const answer = await fetch(form.dataset.calling, {
      method: 'POST', body: new FormData(form), credentials: 'same-origin', redirect: 'manual', signal: running.signal,
    });
    tell(answer.status === 204 ? 'there' : 'not');
  } catch (error) {
    if (error.name === 'AbortError') return;
    tell('not');
    later(AGAIN);
  }
}

function later(wait) {
  window.clearTimeout(timer);
  timer = window.setTimeout(send, wait);
}

if (form) {
  for (const type of ['input', 'change']) form.addEventListener(type, () => { tell('here'); later(LATER); });
  form.addEventListener('submit', () => { window.clearTimeout(timer); running?.abort(); });
}
