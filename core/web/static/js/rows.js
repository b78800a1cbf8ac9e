// Lists: the current row (J, K, Enter), selection (X, check boxes) and the bar of actions on what is selected.
import { ask } from './confirm.js';
import { all, on, one } from './dom.js';

const boxes = () => all('.action-checkbox');
const selected = () => boxes().filter((box) => box.checked);

function show() {
  const chosen = selected();
  for (const box of boxes()) box.closest('tr, .bc')?.classList.toggle('sel', box.checked);
  const whole = one('.action-rowtoggle');
  if (whole) {
    whole.checked = chosen.length > 0 && chosen.length === boxes().length;
    whole.indeterminate = chosen.length > 0 && !whole.checked;
  }
  const bar = one('.bulk');
  if (!bar) return;
  bar.hidden = chosen.length === 0;
  const words = one('[data-selwords]', bar);
  words.textContent = words.dataset.selwords.replace('{n}', chosen.length);
}

/** Esc: drop the selection; answers whether there was one. */
export function clearSelection() {
  if (!selected().length) return false;
  for (const box of boxes()) box.checked = false;
  show();
  return true;
}

/** What is chosen beside an action's button, in words. */
function choiceOf(name) {
  const select = one(`[name="choice-${CSS.escape(name)}"]`);
  return select?.selectedOptions?.[0]?.textContent ?? '';
}

async function execute(name, form = one('#action_form')) {
  const questions = JSON.parse(one('#actions-confirmation-data')?.textContent || '{}');
  const count = selected().length;
  const question = questions[name]?.replace('{n}', count).replace('{choice}', choiceOf(name));
  if (question && !(await ask(question))) return;
  one('[name=action]', form).value = name;
  for (const old of all('.action-checkbox', form)) old.remove();
  for (const box of selected()) {
    const copy = box.cloneNode();
    copy.removeAttribute('id');
    form.append(copy);
  }
  form.requestSubmit();
}

const rows = () => all('[data-keynav] tbody tr:not(.grp), [data-keynav] > li:not(.more)');
const current = () => one('[data-keynav] .cur');

function moveTo(row) {
  if (!row) return;
  current()?.classList.remove('cur');
  row.classList.add('cur');
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

/** A single key in a list; answers whether it meant something. */
export function listKey(key) {
  const list = rows();
  if (!list.length) return false;
  const at = list.indexOf(current());
  if (key === 'j' || key === 'k') {
    moveTo(list[at < 0 ? 0 : Math.max(0, Math.min(list.length - 1, at + (key === 'j' ? 1 : -1)))]);
    return true;
  }
  const bulk = /^[a-z]$/.test(key) && one(`.bulk:not([hidden]) [data-bulk-key="${key}"]`);
  if (bulk) {
    bulk.click();
    return true;
  }
  if (at < 0) return false;
  if (key === 'x') {
    const box = one('.action-checkbox', list[at]);
    if (!box) return false;
    box.checked = !box.checked;
    show();
    return true;
  }
  if (key === 'm') {
    const menu = one('details.mv', list[at]);
    if (!menu) return false;
    menu.open = true;
    one('.pop a, .pop input:not([type=hidden]), .pop button', menu)?.focus();
    return true;
  }
  if (key === 'enter') {
    const link = one('a[data-open]', list[at]) ?? one('a[href]:not([data-pk])', list[at]);
    link?.click();
    return Boolean(link);
  }
  return false;
}

export function start() {
  on('change', '.action-rowtoggle', (whole) => {
    for (const box of boxes()) box.checked = whole.checked;
    show();
  });
  on('change', '.action-checkbox', show);
  on('click', '[data-clear-sel]', clearSelection);
  on('click', '[data-action]', (button) => execute(button.dataset.action));
  show();
}
