// @ts-check
// What each role may do, and who has it.

import { get } from '../api.js';
import { badge, card, h, put, table } from '../dom.js';
import { part } from '../router.js';
import { when } from '../time.js';

/** @type {import('../router.js').View} */
export default {
  name: 'roles',
  title: 'Roles',
  async show(body, { signal }) {
    const places = [h('div', {}), h('div', {})];
    put(body, h('div', { class: 'stack' }, ...places));
    const [matrix, credentials] = places;
    if (!matrix || !credentials) return;
    await Promise.all([part(matrix, signal, () => matrices(signal)), part(credentials, signal, () => holders(signal))]);
  },
};

/** @param {any} cell */
const words = ({ one, from, many }) => (from ? `${one}; from ${from}: ${many}` : one);

/** A cell in words that a screen reader says, for the signs tell it nothing. @param {any} cell */
function shown(cell) {
  const text = words(cell);
  if (text === '–') return h('span', { class: 'faint' }, h('span', { 'aria-hidden': 'true' }, '–'), h('span', { class: 'hidden' }, 'not at all'));
  if (text === '✓') return h('span', {}, h('span', { 'aria-hidden': 'true' }, '✓'), h('span', { class: 'hidden' }, 'allowed'));
  return text;
}

/** @param {AbortSignal} signal */
async function matrices(signal) {
  const { groups, roles } = await get('/v1/roles', signal);
  const titles = groups.map((/** @type {any} */ group) => h('span', { title: group.kinds.join(', ') }, group.title).textContent);
  const actions = Object.keys(roles[0]?.values ?? {});
  const duties = Object.keys(roles[0]?.duties ?? {});
  const values = actions.map((action) => {
    // Whoever may do nothing of a table only makes it longer.
    const able = roles.filter((/** @type {any} */ { values }) => values[action].some((/** @type {any} */ cell) => words(cell) !== '–'));
    return table(`${action}: which role may, by kind of data`, ['Role', ...titles],
      able.map((/** @type {any} */ { role, values }) => [role, ...values[action].map(shown)]));
  });
  // There are more duties than fit side by side, so they are the rows here.
  const holder = table('What each role may do with the key holder itself', ['Action', ...roles.map((/** @type {any} */ { role }) => role)],
    duties.map((duty) => [duty, ...roles.map((/** @type {any} */ { duties }) => shown(duties[duty]))]));
  return [card('Values', h('p', { class: 'faint' },
    '✓ is allowed, “purpose” if one is stated, “consent” if the person’s consent to it is in the token, “approval” if a second person approves, – not at all. ',
    '“from 11” is what it takes for requests of 11 values and more.'), ...values), card('The key holder', holder)];
}

/** @param {AbortSignal} signal */
async function holders(signal) {
  const { credentials } = await get('/v1/credentials', signal);
  const limit = (/** @type {any} */ { per_minute: minute, per_day: day }) =>
    [minute !== undefined && `${minute} a minute`, day !== undefined && `${day} a day`].filter(Boolean).join(', ') || 'none';
  return card('Credentials', table(`${credentials.length} credentials, oldest first`,
    ['Name', 'Roles', 'Classes', 'Proof', 'Limit on values', 'Made', 'State'],
    credentials.map((/** @type {any} */ credential) => [
      credential.name, credential.roles.join(', ') || '–', credential.classes.join(', ') || '–', credential.proof, limit(credential),
      when(credential.created),
      credential.revoked ? h('span', {}, badge('bad', 'revoked'), ' ', when(credential.revoked)) : badge('good', 'active'),
    ])));
}
