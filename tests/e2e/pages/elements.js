// What the test pages with elements run: it makes the element known and notes what a test asks for later.
import config from './config.js';
import { defineElements } from './pkg/dist/elements.js';

const root = document.documentElement;
window.blocked = [];
window.seen = [];

document.addEventListener('fieldseal:blocked', (event) => window.blocked.push(event.detail));
for (const type of ['input', 'change', 'invalid', 'focusin', 'fieldseal:invalid']) {
  document.addEventListener(type, (event) => window.seen.push([type, event.target.id]), true);
}

defineElements();
defineElements();

if (config.guard) {
  const { createSealer, guardForm, loadKeys } = await import('./pkg/dist/index.js');
  const sealer = loadKeys(config.guard, { trust: 'origin' }).then((keys) => createSealer(keys));
  for (const element of document.querySelectorAll('[data-give]')) element.sealer = sealer;
  await guardForm(document.forms[0], sealer).ready;
}

const elements = [...document.querySelectorAll('sealed-input')].filter((element) => element.form);
Promise.all(elements.map((element) => element.ready)).then(
  () => (root.dataset.state = 'ready'),
  (error) => (root.dataset.state = error.code ?? String(error)),
);
