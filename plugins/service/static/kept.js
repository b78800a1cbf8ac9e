// What is typed on a phone, and every photo taken, stays on the phone until the server has it. What is typed lies in
// localStorage, files lie in IndexedDB; each send has a key, so that a repeated tap or a retry after a dropped
// connection is one thing. What waits is sent in the order in which it was given.
const person = (page) => page.body.dataset.person ?? '';
const KEY = `sanbao-visit:${person(document)}:`; // of this person alone: a phone that several share sends nobody's words as another's
const PHOTO = `${KEY}photo:`;
const MEGABYTE = 1024 * 1024;
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const one = (selector, root = document) => root.querySelector(selector);
export const newKey = () => [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('');

// --- what is kept on the phone --------------------------------------------------------------------------------------

const kept = (field) => !/^(file|password)$/.test(field.type) && field.name && field.name !== 'csrf_token'
  && (field.type !== 'hidden' || field.hasAttribute('data-kept') || field.name === 'once');

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
const write = (key, entry) => localStorage.setItem(key, JSON.stringify(entry));
const entries = () => Object.keys(localStorage).filter((k) => k.startsWith(KEY)).map((key) => ({ key, ...read(key) }));
const waiting = () => entries().filter((entry) => entry.pending).sort((a, b) => (a.at ?? 0) - (b.at ?? 0));

function keep(form, more = {}) {
  const before = read(keyOf(form)) ?? {};
  const version = one('[name=version]', form)?.value;
  write(keyOf(form), { ...before, action: form.action, values: values(form), version, ...more });
  tellNet();
}

async function restore(form) {
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
  const version = one('[name=version]', form);
  if (version && entry.version) version.value = entry.version; // what was typed was typed on that version
  for (const file of await filesOf(keyOf(form))) tellFile(form, file);
  return true;
}

// --- files ----------------------------------------------------------------------------------------------------------

function store() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open('sanbao-kept', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('files');
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/** Do something with the kept files, and wait until it is on the disk. */
async function files(mode, act) {
  const base = await store();
  try {
    return await new Promise((done, failed) => {
      const work = base.transaction('files', mode);
      const asked = act(work.objectStore('files'));
      work.oncomplete = () => done(asked.result);
      work.onabort = () => failed(work.error);
    });
  } finally {
    base.close();
  }
}

/** What a browser that keeps no files holds as long as the page is open. */
const held = new Map();

/** The files kept for a form or a photo, each {field, name, blob}. */
async function filesOf(key) {
  if (held.has(key)) return held.get(key);
  try {
    return (await files('readonly', (kept) => kept.get(key))) ?? [];
  } catch {
    return [];
  }
}

async function keepRows(key, rows) {
  try {
    await files('readwrite', (kept) => (rows.length ? kept.put(rows, key) : kept.delete(key)));
    held.delete(key);
  } catch (error) {
    if (error?.name === 'QuotaExceededError') throw error;
    held.set(key, rows);
  }
}

async function forget(key) {
  localStorage.removeItem(key);
  await keepRows(key, []);
  held.delete(key);
}

async function sizeOfAll() {
  try {
    return (await files('readonly', (kept) => kept.getAll())).flat().reduce((sum, row) => sum + row.blob.size, 0);
  } catch {
    return 0;
  }
}

/** Why a file can't be kept here, in words of the page; empty when it is kept. */
async function keepFile(key, field, file, words) {
  if (file.size > Number(words.largest) * MEGABYTE) return words.tooLarge.replace('{name}', file.name);
  if ((await sizeOfAll()) + file.size > Number(words.most) * MEGABYTE) return words.full;
  const others = (await filesOf(key)).filter((other) => other.field !== field);
  const row = { field, name: file.name, blob: new Blob([await file.arrayBuffer()], { type: file.type }) };
  try {
    await keepRows(key, [...others, row]);
  } catch {
    return words.full;
  }
  navigator.storage?.persist?.(); // a browser that refuses clears what was used longest ago when space runs out
  return held.has(key) ? words.notKept : '';
}

/** The line below a field that says which photo is kept for it. */
function tellFile(form, file) {
  const line = one(`[data-file-kept="${file?.field ?? ''}"]`, form);
  if (!line) return;
  line.hidden = false;
  one('span', line).textContent = file.name;
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

/** Send fields; answers {next} or {html}, {error}, or null without a connection, {again: true} when signed out. */
export async function post(action, fields, sent = []) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  for (const file of sent) body.append(file.field, file.blob, file.name);
  let answer;
  try {
    answer = await fetch(action, { method: 'POST', body, headers: { 'X-Requested-With': 'fetch' } });
    if (!(answer.headers.get('Content-Type') ?? '').includes('json')) return { again: true };
    return await answer.json();
  } catch {
    return null;
  }
}

/** The token of this page, or a new one: a page that was open for hours has an old one. */
export async function token(fresh) {
  if (!fresh) return one('[name=csrf_token]')?.value ?? '';
  try {
    const page = await (await fetch(window.location.href)).text();
    const found = new DOMParser().parseFromString(page, 'text/html');
    if (person(found) !== person(document)) return ''; // somebody else has signed in meanwhile
    return found.querySelector('[name=csrf_token]')?.value ?? '';
  } catch {
    return '';
  }
}

async function deliver(entry) {
  const sent = await filesOf(entry.key);
  if (entry.photo && !sent.length) return { lost: true };
  const fields = [...entry.values];
  if (entry.version) fields.push(['version', entry.version]);
  if (entry.button) fields.push(entry.button);
  for (const fresh of [false, true]) {
    const told = await post(entry.action, [...fields, ['csrf_token', await token(fresh)]], sent);
    if (!told?.again) return told;
  }
  return { again: true };
}

const alone = (work) => (navigator.locks ? navigator.locks.request('sanbao-send', work) : work());
let sending = null;

/** Send what waits, oldest first: what this page shows, and what other pages left behind. One round at a time. */
function flush() {
  sending ??= alone(sendAll).finally(() => {
    sending = null;
    tellNet();
  });
  return sending;
}

async function sendAll() {
  const forms = new Map(all('form[data-send]').map((form) => [keyOf(form), form]));
  let next = '';
  for (const { key } of waiting()) {
    const entry = { key, ...read(key) };
    if (!entry.pending) continue; // another window had it
    const form = forms.get(key);
    const told = await deliver(entry);
    if (told === null || (told.again && entry.photo)) {
      const why = told ? 'again' : 'offline';
      for (const shown of forms.values()) if (read(keyOf(shown))?.pending) tell(shown, shown.dataset[why], Boolean(told));
      if (told) all('[data-photos]').forEach((box) => tell(box, box.dataset.again, true));
      return; // in order: nothing passes what could not be sent
    }
    if (told.next || told.html !== undefined) {
      await forget(key);
      if (form) next = told.next;
      if (entry.photo) tellPhotos(entry.box, told.html);
    } else {
      write(key, { ...read(key), pending: false, error: told.error ?? '', lost: Boolean(told.lost) });
      if (form) tellRefused(form, told);
      if (entry.photo) tellPhotos(entry.box);
    }
  }
  if (next) window.location.assign(next);
}

function tellRefused(form, told) {
  const version = one('[name=version]', form);
  if (told.version && version) {
    version.value = told.version;
    keep(form, { pending: false });
  }
  tell(form, told.error ?? form.dataset.again, true);
  for (const line of all('[data-problem]', form)) {
    const problem = told.problems?.[line.dataset.problem];
    line.hidden = !problem;
    one('span', line).textContent = problem ?? '';
  }
  const field = told.field && form.elements[told.field];
  if (field?.focus) field.focus();
}

async function send(form, button) {
  if (form.dataset.busy) return;
  form.dataset.busy = 'yes';
  keep(form, { pending: true, tried: true, at: Date.now(), button: button?.name ? [button.name, button.value] : undefined });
  tell(form, form.dataset.sending);
  const before = sending;
  await flush();
  if (before && read(keyOf(form))?.pending) await flush(); // that round had begun without this
  delete form.dataset.busy;
}

export function tellNet() {
  const box = one('[data-net]');
  if (!box) return;
  const count = waiting().length;
  const words = [navigator.onLine ? box.dataset.online : box.dataset.offline];
  if (count) words.push(box.dataset.waiting.replace('{n}', count));
  one('[data-net-words]', box).textContent = words.join(box.dataset.join);
  one('[data-net-on]', box).hidden = !navigator.onLine;
  one('[data-net-off]', box).hidden = navigator.onLine;
}

async function watch(form) {
  const notice = one('[data-send-kept]', form);
  const changed = () => {
    if (read(keyOf(form))?.tried) one('[name=once]', form).value = newKey(); // typed after a send: another thing to send
    keep(form, { pending: false, tried: false });
  };
  form.addEventListener('input', (event) => event.target.type !== 'file' && changed());
  form.addEventListener('change', async (event) => {
    changed();
    if (event.target.type !== 'file') return;
    const [file] = event.target.files;
    const why = file ? await keepFile(keyOf(form), event.target.name, file, form.dataset) : '';
    event.target.value = ''; // what is kept is sent, not what the field holds
    tell(form, why, Boolean(why));
    const there = (await filesOf(keyOf(form))).find((row) => row.field === event.target.name);
    if (there) tellFile(form, there);
  });
  for (const field of form.elements) if (field.form === form && !form.contains(field)) field.addEventListener('change', changed);
  for (const line of all('[data-file-kept]', form)) {
    one('button', line).addEventListener('click', async () => {
      await keepRows(keyOf(form), (await filesOf(keyOf(form))).filter((file) => file.field !== line.dataset.fileKept));
      line.hidden = true;
      changed();
    });
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(form, event.submitter);
  });
  const back = await restore(form);
  const entry = read(keyOf(form));
  if (back && notice && !entry?.pending) notice.hidden = false;
  if (entry?.error) tell(form, entry.error, true);
}

// --- photos: each is sent by itself, in the order taken ---------------------------------------------------------------

function tellPhotos(action, html) {
  const box = all('[data-photos]').find((found) => found.action === action);
  if (!box) return;
  if (html !== undefined) one('[data-photo-list]', box.parentElement).innerHTML = html;
  const list = one('[data-photo-waiting]', box.parentElement);
  const mine = entries().filter((entry) => entry.photo && entry.box === action).sort((a, b) => a.at - b.at);
  list.replaceChildren(...mine.map((entry) => photoRow(box, entry)));
  list.hidden = !mine.length;
}

function photoRow(box, entry) {
  const row = one('template', box).content.firstElementChild.cloneNode(true);
  one('[data-photo-name]', row).textContent = entry.name;
  const line = one('[data-photo-state]', row);
  line.textContent = entry.pending ? box.dataset.waits : entry.lost ? box.dataset.lost : entry.error || box.dataset.again;
  line.classList.toggle('c-bad', !entry.pending);
  const again = one('[data-photo-again]', row);
  again.hidden = entry.pending || entry.lost;
  again.addEventListener('click', () => {
    write(entry.key, { ...read(entry.key), pending: true });
    tellPhotos(entry.box);
    flush();
  });
  one('[data-photo-drop]', row).addEventListener('click', async () => {
    await forget(entry.key);
    tellPhotos(entry.box);
    tellNet();
  });
  return row;
}

function photos(box) {
  const input = one('input[type=file]', box);
  input.multiple = true;
  for (const button of all('[data-plain]', box)) button.hidden = true;
  input.addEventListener('change', async () => {
    const refused = [];
    for (const file of [...input.files]) {
      const once = newKey();
      const why = await keepFile(PHOTO + once, input.name, file, box.dataset);
      if (why && !refused.includes(why)) refused.push(why);
      if ((await filesOf(PHOTO + once)).length) {
        write(PHOTO + once, {
          action: box.action, box: box.action, values: [['once', once]], photo: true, name: file.name,
          pending: true, at: Date.now(),
        });
      }
    }
    input.value = '';
    tell(box, refused.join(' '), true);
    tellPhotos(box.action);
    tellNet();
    flush();
  });
  tellPhotos(box.action);
}

// ----------------------------------------------------------------------------------------------------------------------

export async function start() {
  all('form[data-photos]').forEach(photos);
  await Promise.all(all('form[data-send]').map(watch));
  tellNet();
  window.addEventListener('online', flush);
  window.addEventListener('offline', tellNet);
  window.setInterval(() => navigator.onLine && waiting().length && flush(), 15000);
  if (navigator.onLine && waiting().length) flush();
}
