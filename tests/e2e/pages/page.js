// What every test page runs: it guards all forms at once and notes what a test asks for later.
import config from './config.js';
import { createSealer, guardForm, loadKeys } from './pkg/dist/index.js';

const root = document.documentElement;
window.blocked = [];
window.warnings = [];

document.addEventListener('fieldseal:blocked', (event) => window.blocked.push(event.detail));
const warn = console.warn;
console.warn = (...args) => {
  window.warnings.push(args.map(String).join(' '));
  warn.apply(console, args);
};

const sealer = loadKeys(config.keys, { trust: config.trust, subject: config.subject }).then((keys) => createSealer(keys));
window.guards = [...document.forms].map((form) => guardForm(form, sealer));

sealer.then(
  () => (root.dataset.state = 'ready'),
  (error) => (root.dataset.state = error.code ?? String(error)),
);
