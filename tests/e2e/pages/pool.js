// The page of the tests of what is sealed ahead of time: it tells how much that is, and what was left of it when the page
// was left.
import config from './config.js';
import { createSealer, guardForm, loadKeys } from './pkg/dist/index.js';

const root = document.documentElement;
window.blocked = [];
document.addEventListener('fieldseal:blocked', (event) => window.blocked.push(event.detail));

try {
  const sealer = createSealer(await loadKeys(config.keys, { trust: config.trust }));
  guardForm(document.forms[0], sealer);
  window.pool = () => sealer.ready.pool;
  addEventListener('pagehide', () => (window.left = window.pool()));
  addEventListener('pageshow', ({ persisted }) => (window.persisted ||= persisted));
  root.dataset.state = 'ready';
} catch (error) {
  root.dataset.state = error.code ?? String(error);
}
