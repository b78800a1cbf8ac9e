// Looks the caller up while the agent types: sends the form in the background with step=lookup and exchanges the parts
// marked data-part. Everything here also works without it, by the buttons of the form.
const form = document.querySelector('[data-intake]');
let running = null;
let timer = 0;

// A key or a button of the mouse that is down on a choice: it counts only when let go on the element where it went down,
// so nothing is exchanged in between.
let pressed = null;
let letGo = () => {};

function press(event) {
  const chosen = event.type === 'pointerdown' || event.key === ' ' || event.key === 'Enter';
  if (pressed || !chosen || event.target.matches('textarea, input:not([type=radio], [type=checkbox])')) return;
  pressed = new Promise((done) => { letGo = done; });
}

function release(event) {
  if (event.type === 'blur' && event.target !== window) return;
  window.setTimeout(() => {
    letGo();
    pressed = null;
  });
}

const texts = () => [...form.elements].filter((f) => f.name && /^(text|tel|search|textarea|date|email)$/.test(f.type));
const snapshot = () => new Map(texts().map((f) => [f.name, f.value]));

function exchange(page, before) {
  const focused = document.activeElement;
  const mark = focused && form.contains(focused) ? { id: focused.id, name: focused.name, value: focused.value, type: focused.type } : null;
  const typedSince = new Map(texts().filter((f) => before.has(f.name) && before.get(f.name) !== f.value).map((f) => [f.name, f.value]));
  for (const part of document.querySelectorAll('[data-part]')) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.innerHTML = fresh.innerHTML;
  }
  for (const field of texts()) if (typedSince.has(field.name)) field.value = typedSince.get(field.name);
  if (mark && !focused.isConnected) {
    const same = [...form.elements].filter((f) => (mark.id ? f.id === mark.id : f.name === mark.name));
    (same.find((f) => f.value === mark.value) ?? same[0] ?? document.getElementById('text'))?.focus();
  }
}

async function refresh(step) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const before = snapshot();
  const body = new FormData(form);
  body.set('step', step);
  try {
    const answer = await fetch(form.action, { method: 'POST', body, signal, credentials: 'same-origin' });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    await pressed;
    if (!signal.aborted) exchange(fresh, before);
  } catch (error) {
    if (error.name === 'AbortError') return;
    const said = document.getElementById('phone-said');
    said.textContent = said.dataset.failed;
  }
}

const digits = (text) => text.replace(/\D/g, '').length;

if (form) {
  for (const kind of ['keydown', 'pointerdown']) form.addEventListener(kind, press, true);
  for (const kind of ['keyup', 'pointerup', 'pointercancel', 'blur']) window.addEventListener(kind, release, true);
  form.addEventListener('input', (event) => {
    if (!event.target.matches('[data-lookup]') || event.isComposing) return;
    window.clearTimeout(timer);
    const text = event.target.value.trim();
    const enough = event.target.type === 'tel' ? digits(text) >= 4 || !text : text.length > 1 || !text;
    if (enough) timer = window.setTimeout(() => refresh('lookup'), 350);
  });
  form.addEventListener('change', (event) => {
    if (event.target.matches('[data-refresh], [data-lookup]') || ['matter', 'channel'].includes(event.target.name)) {
      window.clearTimeout(timer);
      refresh('lookup');
    }
  });
  form.addEventListener('click', (event) => {
    const button = event.target.closest('[data-step], [data-lookup-button]');
    if (!button) return;
    event.preventDefault();
    refresh(button.value);
  });
}
