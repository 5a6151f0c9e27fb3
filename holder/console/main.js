// @ts-check
// The console begins here: whoever has a session sees the views, and whoever has none the form to log in with.

import { Problem, onEnded, remove } from './api.js';
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

/** Why a login at the organisation came to nothing, by the code with which the key holder leads the browser back. */
const failures = new Map([
  ['login-failed', 'Your organisation’s login did not let you in, or its answer could not be used. Try again.'],
  ['login-expired', 'The login at your organisation took longer than five minutes, or was begun in another browser. Begin again.'],
  ['credential-invalid', 'Your organisation knows you, but you have no access here. Ask whoever runs the key holder.'],
  ['console-oidc', 'Your organisation’s login cannot be reached. Try again later.'],
  ['oidc-unavailable', 'Your organisation’s login cannot be reached. Try again later.'],
  ['store-unavailable', 'The key holder cannot reach its database. Try again later.'],
]);

/**
 * What to say of a login that came to nothing. The address is free for anybody to make up, so that none of its text is
 * ever shown, and it is forgotten once it was read.
 * @returns {string | undefined}
 */
function failed() {
  const code = new URLSearchParams(location.search).get('login');
  if (location.search) history.replaceState(null, '', location.pathname + location.hash);
  return code === null ? undefined : failures.get(code) ?? 'The login at your organisation failed. Try again.';
}

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
    try {
      await remove('/console/session');
    } catch (error) {
      // A session that had ended before needs no end.
      if (!(error instanceof Problem && error.status === 401)) {
        const why = error instanceof Problem ? error.message : `This page has a fault: ${error}`;
        say(`You may still be logged in: logging out failed. ${why} An unused session ends after 15 minutes.`);
        return;
      }
    }
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
  const why = failed();
  await enter((await session()) ?? (await login(content, why)));
} catch (error) {
  put(content, explain(error));
}
