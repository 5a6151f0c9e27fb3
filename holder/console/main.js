// @ts-check
// The console begins here: whoever has a session sees the views, and whoever has none the form to log in with.

import { onEnded, remove } from './api.js';
import { button, h, put, say } from './dom.js';
import { login, session } from './login.js';
import { explain, routes } from './router.js';
import { when } from './time.js';
import audit from './views/audit.js';
import incidents from './views/incidents.js';
import keys from './views/keys.js';
import overview from './views/overview.js';
import roles from './views/roles.js';
import subjects from './views/subjects.js';

const content = /** @type {HTMLElement} */ (document.getElementById('content'));
const nav = /** @type {HTMLElement} */ (document.getElementById('nav'));
const who = /** @type {HTMLElement} */ (document.getElementById('who'));

const router = routes([overview, keys, roles, audit, subjects, incidents]);

/** @type {import('./login.js').Session | null} */
let current = null;

/** @param {string} [why] */
async function leave(why) {
  if (!current) return;
  current = null;
  router.stop();
  put(who);
  nav.hidden = true;
  await enter(await login(content, why));
}

/** @param {import('./login.js').Session} found */
async function enter(found) {
  current = found;
  const out = button('Log out', async () => {
    await remove('/console/session').catch(() => {});
    leave('You are logged out.');
  });
  put(who, h('span', {}, found.name, ' ', h('span', { class: 'faint' }, found.roles.join(', '))),
    h('span', { class: 'faint' }, 'until ', when(found.expires)), out);
  router.menu();
  say('');
  await router.show(found, true);
}

onEnded(() => leave('Your session has ended. Log in again to go on where you were.'));

addEventListener('hashchange', () => {
  if (current && location.hash !== '#content') router.show(current, true);
});

// The link that skips the menu must not be taken for a view.
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  content.focus();
});

try {
  await enter((await session()) ?? (await login(content)));
} catch (error) {
  put(content, explain(error));
}
