// Dragging cards, an extra to the menu of each card: dropping one presses what its menu has for that lane.
import { all, on, one } from './dom.js';

let held = null;

const ways = (card) => all('[data-target]', card);
const wayTo = (card, lane) => ways(card).find((way) => way.dataset.target === lane.dataset.lane);

function mark(card) {
  for (const lane of all('[data-lane]')) {
    lane.classList.toggle('drop', Boolean(card && wayTo(card, lane)));
  }
}

function say(card) {
  const words = one('[data-board]').dataset.refused.replace('{name}', card.dataset.name);
  one('[data-board-says]').textContent = words;
}

function drop(card, lane) {
  if (lane.contains(card)) return;
  const way = wayTo(card, lane);
  if (!way) {
    say(card);
  } else if (way.matches('a')) {
    way.click();
  } else {
    const reason = one('input[name=reason]', way);
    if (reason) {
      one('details.mv', card).open = true;
      reason.focus();
    } else {
      way.requestSubmit();
    }
  }
}

export function start() {
  on('dragstart', '.bc[draggable]', (card, event) => {
    held = card;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', card.dataset.name);
    mark(card);
  });
  on('dragend', '.bc[draggable]', () => {
    held = null;
    mark(null);
  });
  on('dragover', '[data-lane]', (_lane, event) => {
    if (held) event.preventDefault();
  });
  on('drop', '[data-lane]', (lane, event) => {
    if (!held) return;
    event.preventDefault();
    drop(held, lane);
  });
}
