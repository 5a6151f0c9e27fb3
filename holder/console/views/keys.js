// @ts-check
// The keys and their ends.

import { all } from '../api.js';
import { lives } from '../charts.js';
import { badge, card, h, put, table } from '../dom.js';
import { when } from '../time.js';

/** @type {Record<string, 'good' | 'warn' | 'bad' | ''>} */
const TONES = { active: 'good', pending: '', expired: 'warn', revoked: 'bad', destroyed: '' };

/** @type {import('../router.js').View} */
export default {
  name: 'keys',
  title: 'Keys',
  async show(body, { signal }) {
    const keys = await all('/v1/keys', 'keys', signal);
    const rows = keys.map((key) => [
      h('code', {}, key.kid), key.class, badge(TONES[key.state] ?? '', key.state), key.alg, when(key.nbf ?? key.created),
      key.exp ? when(key.exp, true) : 'no end', ends(key),
    ]);
    const bars = keys.filter(({ destroyed }) => !destroyed).map((key) => ({
      name: `${key.class} ${key.kid.slice(0, 8)}`, from: key.nbf ?? key.created, seals: key.revoked ?? key.exp, to: key.destroys,
    }));
    put(body, h('div', { class: 'stack' },
      card('When they end', lives('How long each key is sealed to and opened', bars)),
      card('All keys', table(`${keys.length} keys, oldest first`,
        ['Key', ['Class', 'tight'], ['State', 'tight'], ['Algorithm', 'tight'], 'Sealed to from', 'until', 'Destroyed'], rows),
      h('p', { class: 'faint' }, 'What was sealed to a key opens after its end, too, until the key is destroyed. Then nobody can.'))));
  },
};

/** @param {any} key */
function ends(key) {
  if (key.destroyed) return when(key.destroyed);
  return key.destroys ? when(key.destroys, true) : 'no date';
}
