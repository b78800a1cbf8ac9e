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

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.closest('#scan')) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  const code = form.querySelector('#code');
  if (code) code.readOnly = true;
  const answer = await fetch(form.action, { method: 'POST', body });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = page.querySelector('#scan');
  if (!next) { window.location.assign(answer.redirected ? answer.url : window.location.href); return; } // a tool's page
  document.querySelector('#scan').replaceWith(next);
  document.querySelector('#code').focus();
  beep(next.dataset.tone);
});
