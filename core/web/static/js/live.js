// Parts of a page that show how far something is: <div id="…" data-live> is fetched anew and exchanged until the
// server's answer no longer carries data-live. Without a script the page reloads itself.
import { all } from './dom.js';

const EVERY = 2500;

async function renew(part) {
  const answer = await fetch(window.location.href, { headers: { Accept: 'text/html' }, credentials: 'same-origin' });
  if (!answer.ok) return part;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById(part.id);
  if (!fresh || part.contains(document.activeElement) || document.querySelector('dialog[open]')) return part;
  const adopted = document.importNode(fresh, true);
  part.replaceWith(adopted);
  return adopted;
}

export function start() {
  for (const first of all('[data-live]')) {
    let part = first;
    const again = () => window.setTimeout(tick, EVERY);
    const tick = async () => {
      if (!document.hidden) {
        try {
          part = await renew(part);
        } catch {
          // the network is away for a moment: what is shown stays, and it is tried again
        }
      }
      if (part.hasAttribute('data-live')) again();
    };
    again();
  }
}
