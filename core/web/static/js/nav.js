// The phone's drawer, menus made of <details>, and dialogs that are <details> without a script.
import { all, on, one } from './dom.js';

const root = document.documentElement;

function drawer(open) {
  const button = one('[data-toggle-nav]');
  if (!button) return;
  root.toggleAttribute('data-nav', open);
  button.setAttribute('aria-expanded', String(open));
  (open ? one('.side a') : button)?.focus();
}

export const drawerIsOpen = () => root.hasAttribute('data-nav');

function closeMenus(except = null) {
  for (const menu of all('details.menu[open]')) if (!menu.contains(except)) menu.open = false;
}

/** Esc: close what is open, innermost first. Answers whether there was anything. */
export function closeOpen() {
  const open = all('details.menu[open], details[data-dialog][open]');
  const inner = open.find((each) => !open.some((other) => other !== each && each.contains(other)));
  if (inner) {
    inner.open = false;
    one('summary', inner)?.focus();
    return true;
  }
  if (drawerIsOpen()) {
    drawer(false);
    return true;
  }
  return false;
}

export function start() {
  for (const here of all('.steps [aria-current], .qtabs nav [aria-current]')) {
    here.parentElement.scrollLeft = here.offsetLeft - 16;
  }
  const entry = one('.side [aria-current]');
  if (entry && entry.offsetTop + entry.offsetHeight > innerHeight - 60) {
    one('.side').scrollTop = entry.offsetTop - innerHeight / 2; // a long menu opens where one is
  }
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-toggle-nav]')) drawer(!drawerIsOpen());
    else if (drawerIsOpen() && !event.target.closest('.side')) drawer(false);
    closeMenus(event.target);
  });
  on('click', '[data-close-dialog]', (button) => {
    const sheet = button.closest('details[data-dialog]');
    sheet.open = false;
    one('summary', sheet)?.focus();
  });
  document.addEventListener('toggle', (event) => {
    if (event.target.matches?.('details[data-dialog]') && event.target.open) {
      one('.sheet-b', event.target)?.setAttribute('role', 'dialog');
      one('input:not([type=hidden]), select, textarea, [data-autofocus]', event.target)?.focus();
    }
  }, true);
  for (const button of all('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  }
  on('click', 'dialog', (dialog, event) => {
    if (event.target === dialog) dialog.close();
  });
}
