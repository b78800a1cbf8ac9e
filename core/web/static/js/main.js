// Pages work without this; it adds speed. No inline handlers anywhere (the content security policy refuses them).
import { start as clocks } from './clocks.js';
import { start as confirm } from './confirm.js';
import { start as find } from './find.js';
import { start as forms } from './forms.js';
import { start as keys } from './keys.js';
import { start as live } from './live.js';
import { start as nav } from './nav.js';
import { start as rows } from './rows.js';

document.documentElement.classList.add('js');
for (const start of [confirm, find, forms, nav, rows, keys, clocks, live]) start();
if (document.querySelector('[data-grid]')) import('./grid.js').then((grid) => grid.start());
if (document.querySelector('[data-checklist]')) import('./checklist.js').then((list) => list.start());
if (document.querySelector('[data-board]')) import('./board.js').then((board) => board.start());
if (document.querySelector('[data-template]')) import('./template.js').then((template) => template.start());
if (document.querySelector('[data-sign-pad]')) import('./sign.js').then((pads) => pads.start());
