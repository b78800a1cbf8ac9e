// Time-limit chips: re-worded every 30 s from data-due. The server's words are the truth; only chips whose time left
// is plain time carry data-due. The messages come from the server, in its language.
import { all, one } from './dom.js';

const EVERY = 30000;

/** The same cut as duration_words on the server: whole minutes; from a day on, no minutes; zero parts dropped. */
export function durationWords(seconds, words) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const d = Math.floor(minutes / 1440);
  const h = Math.floor((minutes % 1440) / 60);
  const m = minutes % 60;
  let shape = '0';
  if (d) shape = h ? 'd h' : 'd';
  else if (h) shape = m ? 'h m' : 'h';
  else if (m) shape = 'm';
  return words[`d:${shape}`].replace('{d}', d).replace('{h}', h).replace('{m}', m);
}

function reword(chip, now, words) {
  const left = (Date.parse(chip.dataset.due) - now) / 1000;
  let state = 'ok';
  if (left < 0) state = 'over';
  else if (chip.dataset.warn && now >= Date.parse(chip.dataset.warn)) state = 'soon';
  chip.classList.remove('ok', 'soon', 'over');
  chip.classList.add(state);
  for (const image of all('.sla-i', chip)) image.hidden = !image.classList.contains(state);
  const [before, after] = words[state === 'over' ? 'over' : 'left'].split('{duration}');
  const figure = document.createElement('b');
  figure.textContent = durationWords(left, words);
  one('[data-sla-words]', chip).replaceChildren(before, figure, after ?? '');
}

export function start() {
  const words = JSON.parse(one('[data-words]')?.dataset.words || 'null');
  if (!words) return;
  const ahead = Date.parse(document.documentElement.dataset.now) - Date.now(); // this device's clock may be wrong
  const tick = () => {
    if (document.hidden) return;
    for (const chip of all('.sla[data-due]')) reword(chip, Date.now() + ahead, words);
  };
  window.setInterval(tick, EVERY);
  document.addEventListener('visibilitychange', tick);
}
