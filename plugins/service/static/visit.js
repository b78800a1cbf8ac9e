// Visits on a phone: what is typed stays on the phone until the server has it; each send has a key, so that a
// repeated tap or a retry after a dropped connection is one visit.
const KEY = 'sanbao-visit:';
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const newKey = () => [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('');

// --- what is kept on the phone --------------------------------------------------------------------------------------

const kept = (form) => !/^(file|password)$/.test(form.type) && form.name && form.name !== 'csrf_token'
  && (form.type !== 'hidden' || form.hasAttribute('data-kept') || form.name === 'once');

function values(form) {
  const found = [];
  for (const field of form.elements) {
    if (!kept(field) || (/^(radio|checkbox)$/.test(field.type) && !field.checked)) continue;
    if (field.tagName !== 'BUTTON') found.push([field.name, field.value]);
  }
  return found;
}

const keyOf = (form) => KEY + new URL(form.action).pathname;
const read = (key) => JSON.parse(localStorage.getItem(key) ?? 'null');
const entries = () => Object.keys(localStorage).filter((k) => k.startsWith(KEY)).map((key) => ({ key, ...read(key) }));
const waiting = () => entries().filter((entry) => entry.pending);

function keep(form, more = {}) {
  const before = read(keyOf(form)) ?? {};
  localStorage.setItem(keyOf(form), JSON.stringify({ ...before, action: form.action, values: values(form), ...more }));
  tellNet();
}

function restore(form) {
  const entry = read(keyOf(form));
  if (!entry) return false;
  const told = new Map();
  for (const [name, value] of entry.values) told.set(name, [...(told.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!kept(field)) continue;
    const list = told.get(field.name);
    if (/^(radio|checkbox)$/.test(field.type)) field.checked = Boolean(list?.includes(field.value));
    else if (list?.length) field.value = list[0];
  }
  return true;
}

// --- sending ---------------------------------------------------------------------------------------------------------

function tell(form, words, bad = false) {
  const line = one('[data-send-state]', form);
  if (!line) return;
  line.textContent = words;
  line.classList.toggle('bad', bad);
  line.classList.toggle('info', !bad);
  line.hidden = !words;
  if (bad) line.scrollIntoView({ block: 'center' });
}

/** Send fields; answers {next}, {error}, or null without a connection, {again: true} when signed out. */
async function post(action, fields, files = []) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  for (const [name, file] of files) body.append(name, file);
  let answer;
  try {
    answer = await fetch(action, { method: 'POST', body, headers: { 'X-Requested-With': 'fetch' } });
  } catch {
    return null;
  }
  if (!(answer.headers.get('Content-Type') ?? '').includes('json')) return { again: true };
  return answer.json();
}

/** The token of this page, or a new one: a page that was open for hours has an old one. */
async function token(fresh) {
  if (!fresh) return one('[name=csrf_token]')?.value ?? '';
  try {
    const page = await (await fetch(window.location.href)).text();
    const found = new DOMParser().parseFromString(page, 'text/html').querySelector('[name=csrf_token]');
    return found?.value ?? '';
  } catch {
    return '';
  }
}

async function deliver(entry, files = []) {
  for (const fresh of [false, true]) {
    const fields = [...entry.values, ['csrf_token', await token(fresh)]];
    const told = await post(entry.action, fields, files);
    if (!told?.again) return told;
  }
  return { again: true };
}

async function send(form, button) {
  const files = all('input[type=file]', form).flatMap((f) => [...f.files].map((file) => [f.name, file]));
  if (form.dataset.busy) return;
  form.dataset.busy = 'yes';
  keep(form, { pending: !files.length, tried: true });
  tell(form, form.dataset.sending);
  const entry = read(keyOf(form));
  const version = one('[name=version]', form);
  if (version) entry.values.push(['version', version.value]);
  if (button?.name) entry.values.push([button.name, button.value]);
  const told = await deliver(entry, files);
  delete form.dataset.busy;
  if (told?.next) {
    localStorage.removeItem(keyOf(form));
    window.location.assign(told.next);
    return;
  }
  if (told === null) tell(form, files.length ? form.dataset.photoOffline : form.dataset.offline, Boolean(files.length));
  else {
    keep(form, { pending: false });
    if (told.version && version) version.value = told.version;
    tell(form, told.error ?? form.dataset.again, true);
    const field = told.field && form.elements[told.field];
    if (field?.focus) field.focus();
  }
  tellNet();
}

/** Send again what waits: what this page shows, and what other pages left behind. */
async function flush() {
  if (!navigator.onLine) return;
  const forms = new Map(all('form[data-send]').map((form) => [keyOf(form), form]));
  for (const entry of waiting()) {
    const form = forms.get(entry.key);
    if (form) await send(form);
    else {
      const told = await deliver(entry);
      if (told?.next) localStorage.removeItem(entry.key);
      else if (told) localStorage.setItem(entry.key, JSON.stringify({ ...read(entry.key), pending: false }));
    }
  }
  tellNet();
}

function tellNet() {
  const box = one('[data-net]');
  if (!box) return;
  const count = waiting().length;
  const words = [navigator.onLine ? box.dataset.online : box.dataset.offline];
  if (count) words.push(box.dataset.waiting.replace('{n}', count));
  one('[data-net-words]', box).textContent = words.join(box.dataset.join);
  one('[data-net-on]', box).hidden = !navigator.onLine;
  one('[data-net-off]', box).hidden = navigator.onLine;
}

function watch(form) {
  const notice = one('[data-send-kept]', form);
  if (restore(form) && notice && !read(keyOf(form)).pending) notice.hidden = false;
  const changed = () => {
    if (read(keyOf(form))?.tried) one('[name=once]', form).value = newKey(); // typed after a send: another thing to send
    keep(form, { pending: false, tried: false });
  };
  form.addEventListener('input', changed);
  form.addEventListener('change', changed);
  for (const field of form.elements) if (field.form === form && !form.contains(field)) field.addEventListener('change', changed);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(form, event.submitter);
  });
}

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

// --- the signature ----------------------------------------------------------------------------------------------------

function signing() {
  const pad = one('[data-sign-pad]');
  if (!pad) return;
  const canvas = one('canvas', pad);
  const field = one('input', pad);
  const pen = canvas.getContext('2d');
  pad.hidden = false;
  Object.assign(pen, { lineWidth: 4, lineCap: 'round', lineJoin: 'round', strokeStyle: '#000' });
  if (field.value) {
    const picture = new Image();
    picture.onload = () => pen.drawImage(picture, 0, 0);
    picture.src = field.value;
  }
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  };
  let drawing = false;
  canvas.addEventListener('pointerdown', (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  const stop = () => {
    if (!drawing) return;
    drawing = false;
    field.value = canvas.toDataURL('image/png');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  canvas.addEventListener('pointerup', stop);
  canvas.addEventListener('pointercancel', stop);
  one('[data-sign-clear]', pad).addEventListener('click', () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    field.value = '';
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

all('form[data-send]').forEach(watch);
for (const start of [steppers, dependent, verdicts, signing, tellNet]) start();
window.addEventListener('online', flush);
window.addEventListener('offline', tellNet);
window.setInterval(flush, 15000);
if (waiting().length) flush();
