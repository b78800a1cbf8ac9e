// Each scan is sent without leaving the page: what came of it is shown, sounds, and the next can be scanned at once.
const TONES = { ok: [880, 0.08], warn: [520, 0.15], bad: [180, 0.4] };
let sound;

function beep(tone) {
  const [pitch, length] = TONES[tone] ?? [];
  if (!pitch) return;
  sound ??= new AudioContext();
  const note = sound.createOscillator();
  note.frequency.value = pitch;
  note.connect(sound.destination);
  note.start();
  note.stop(sound.currentTime + length);
}

/** The answer did not come: the same scan can be sent again, and is told by its key where it had arrived. */
function lost(form) {
  for (const field of form.querySelectorAll('[readonly]')) field.readOnly = false;
  delete form.dataset.sent;
  form.removeAttribute('aria-busy');
  for (const button of form.querySelectorAll('button')) button.disabled = false;
  const said = document.querySelector('#scan .inv-said');
  said.className = 'inv-said bad';
  said.setAttribute('role', 'alert');
  said.textContent = document.querySelector('#scan').dataset.lost;
  const code = document.querySelector('#code');
  code.focus();
  code.select();
  beep('bad');
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.closest('#scan')) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  const code = form.querySelector('#code');
  if (code) code.readOnly = true;
  let answer;
  let text;
  try {
    answer = await fetch(form.action, { method: 'POST', body });
    if (answer.status >= 500) throw new Error(answer.status);
    text = await answer.text();
  } catch {
    lost(form);
    return;
  }
  const page = new DOMParser().parseFromString(text, 'text/html');
  const next = page.querySelector('#scan');
  if (!next) { window.location.assign(answer.redirected ? answer.url : window.location.href); return; } // a tool's page
  document.querySelector('#scan').replaceWith(next);
  window.history.replaceState(null, '', next.dataset.here); // loaded anew, the page goes on here
  document.querySelector('#code').focus();
  beep(next.dataset.tone);
});
