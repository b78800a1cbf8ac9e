// <input data-find="#where">: shows only the [data-find-item] below #where that hold what is typed.
import { all, one } from './dom.js';

function show(field) {
  const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const root = one(field.dataset.find);
  let count = 0;
  for (const group of all('[data-find-group]', root)) {
    let some = false;
    for (const item of all('[data-find-item]', group)) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) {
        some = true;
        count += 1;
      }
    }
    group.hidden = !some;
  }
  const told = one('[data-find-count]');
  if (told) told.textContent = words.length ? String(count) : '';
}

export function start() {
  for (const field of all('[data-find]')) {
    const bar = field.closest('[data-needs-script]');
    if (bar) bar.hidden = false;
    field.addEventListener('input', () => show(field));
    field.addEventListener('keydown', (event) => { if (event.key === 'Enter') event.preventDefault(); });
  }
}
