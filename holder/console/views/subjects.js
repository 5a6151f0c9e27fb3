// @ts-check
// One person: what the key holder knows of them, what they asked for, and the end of their keys.

import { get, post, remove } from '../api.js';
import { badge, button, card, copyable, facts, h, note, put, say, table } from '../dom.js';
import { explain, part } from '../router.js';
import { countdown, when } from '../time.js';

/** @type {import('../router.js').View} */
export default {
  name: 'subjects',
  title: 'Subjects',
  async show(body, { signal }) {
    const found = h('div', { id: 'subject', class: 'stack' });
    const requests = h('div', {});
    const input = h('input', { name: 'id', required: true, autocomplete: 'off', spellcheck: 'false', maxlength: 256 });
    const form = h('form', { class: 'fields', role: 'search' }, h('label', {}, 'Subject id', input), h('button', { class: 'main' }, 'Look up'));
    /**
     * @param {string} id
     * @returns {Promise<void>}
     */
    const look = async (id) => {
      const [keys, said] = [h('div', {}, h('p', { class: 'faint' }, 'Loading…')), h('div', {})];
      // What a person said about the use of their values holds also for somebody who has no keys of their own.
      put(found, h('h3', {}, 'Subject ', h('code', {}, id)), keys, said);
      await Promise.all([
        part(keys, signal, () => subject(id, signal, () => look(id))),
        part(said, signal, () => flags(id, signal, said)),
      ]);
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      look(input.value.trim());
    });
    put(body, h('div', { class: 'stack' },
      card('Look up a person', h('p', { class: 'faint' }, 'By the opaque id that the site gave to the person; the key holder knows no name.'), form, found),
      card('Requests', requests)));
    await part(requests, signal, () => asked(signal));
  },
};

/** @param {string} id */
const address = (id) => `/v1/subjects/${encodeURIComponent(id)}`;

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {() => Promise<void>} again
 */
async function subject(id, signal, again) {
  const found = await get(address(id), signal);
  return [
    facts([
      ['State', found.erased ? badge('bad', 'erased') : badge('good', 'registered')],
      ['Registered', found.created && when(found.created)],
      ['Erased', found.erased && when(found.erased)],
      ['Keys', String(found.keys)],
    ]),
    found.receipt && h('details', {}, h('summary', {}, 'The signed receipt of the erasure'), copyable('the receipt', String(found.receipt))),
    !found.erased && erasure(id, again),
  ].filter((node) => node instanceof Node);
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {Element} place
 */
async function flags(id, signal, place) {
  const found = (await get(`${address(id)}/flags`, signal)).flags;
  const purpose = h('input', { name: 'purpose', maxlength: 200, spellcheck: 'false' });
  const message = h('div', { role: 'alert' });
  /** @param {{ set?: object[], lift?: object[] }} change */
  const change = async (change) => {
    try {
      await post(`${address(id)}/flags`, change, signal);
      say('Changed, and on record.');
      await part(place, signal, () => flags(id, signal, place));
    } catch (error) {
      put(message, explain(error));
    }
  };
  /** @param {string} flag */
  const about = async (flag) => {
    if (purpose.value.trim() !== '') return change({ set: [{ flag, purpose: purpose.value.trim() }] });
    say('Name the purpose first.');
    purpose.focus();
  };
  const shown = found.length === 0 ? h('p', {}, 'None is set.') : table('What this person said about the use of their values', ['Flag', 'Purpose', 'Set', 'By', 'Change'],
    found.map((/** @type {any} */ { flag, purpose, time, by }) => [flag, purpose ?? '–', when(time), by,
      button('Lift', () => change({ lift: [{ flag, purpose }] }), { 'aria-label': `Lift ${flag} ${purpose ?? ''}` })]));
  return h('section', { 'aria-labelledby': 'flags' }, h('h3', { id: 'flags' }, 'Flags'), shown,
    h('div', { class: 'fields' }, button('Do not sell', () => change({ set: [{ flag: 'do-not-sell' }] })), h('label', {}, 'Purpose', purpose),
      button('Object', () => about('objection')), button('Withdraw consent', () => about('withdrawal'))), message);
}

/**
 * Erasing takes the id typed once more: it is the one thing here that nothing undoes.
 * @param {string} id
 * @param {() => Promise<void>} again
 */
function erasure(id, again) {
  const message = h('div', { role: 'alert' });
  const typed = h('input', { name: 'typed', autocomplete: 'off', spellcheck: 'false' });
  const erase = button('Erase this person', async () => {
    try {
      await remove(address(id));
      say('Erased, and on record.');
      await again();
    } catch (error) {
      put(message, explain(error));
    }
  }, { class: 'danger', disabled: true, id: 'erase' });
  typed.addEventListener('input', () => {
    erase.disabled = typed.value !== id;
  });
  return h('section', { 'aria-labelledby': 'erasure' }, h('h3', { id: 'erasure' }, 'Erasure'),
    note('warn', 'Every value that was sealed to this person’s keys becomes unreadable, wherever it lies, and nobody can undo that.'),
    h('div', { class: 'fields' }, h('label', {}, 'Type the subject id to confirm', typed), erase), message);
}

/** @param {AbortSignal} signal */
async function asked(signal) {
  const { requests } = await get('/v1/requests', signal);
  const open = requests.filter((/** @type {any} */ { done }) => !done).sort((/** @type {any} */ a, /** @type {any} */ b) => a.due - b.due);
  const done = requests.filter((/** @type {any} */ { done }) => done);
  const row = (/** @type {any} */ request) => [h('code', {}, request.id), request.kind, h('code', {}, request.subject), when(request.received), request.regime ?? '–',
    request.done ? badge('good', 'done') : countdown(request.due), request.done ? when(request.done) : '–'];
  const heads = ['Request', 'Kind', 'Subject', 'Received', 'Law', 'Due', 'Done'];
  return h('div', {}, open.length > 0 ? table('Open, the next deadline first', heads, open.map(row)) : h('p', {}, 'None is open.'),
    done.length > 0 && table('Done', heads, done.map(row)));
}
