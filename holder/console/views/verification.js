// @ts-check
// Whether the audit is as it was written, as the key holder itself finds it.

import { get, poll, post } from '../api.js';
import { badge, button, card, copyable, facts, h, note, put } from '../dom.js';
import { part } from '../router.js';
import { when } from '../time.js';

const ADDRESS = '/v1/audit/verification';

/** @param {AbortSignal} signal */
export function verification(signal) {
  const place = h('div', { id: 'verification' }, h('p', { class: 'faint' }, 'Loading…'));
  /** @type {Promise<void>} */
  let queue = Promise.resolve();

  /** @param {(path: string, signal: AbortSignal) => Promise<any>} first */
  const run = (first) => {
    queue = queue.then(() => part(place, signal, async () => {
      let found = await first(ADDRESS, signal);
      while (!found.problem && found.checked < found.size && !signal.aborted) {
        put(place, h('p', {}, `Checked ${found.checked} of ${found.size} records…`),
          h('progress', { max: found.size, value: found.checked, 'aria-label': 'Records checked' }));
        found = await get(ADDRESS, signal);
      }
      return shown(found);
    }));
    return queue;
  };

  const again = button('Verify all now', () => run((path) => post(path, undefined, signal)), { id: 'verify' });
  const element = card('Verification', place, h('div', { class: 'buttons' }, again,
    h('span', { class: 'faint' }, 'New records are checked as they come; this checks every record again.')));
  return { element, refresh: () => run(get), follow: () => run(poll) };
}

/** @param {any} found */
function shown({ size, checked, signed, verified, began, at, checkpoint, problem }) {
  const state = verified ? badge('good', 'Verified') : badge('bad', 'Not what was written');
  return h('div', { 'data-verified': String(verified) },
    h('p', { class: 'big' }, state, ` ${checked} of ${size} records`),
    problem && note('bad', where(problem), ' ', problem.detail),
    facts([
      ['Covered by a signed checkpoint', `${signed} records`],
      ['Each checked since', when(began)],
      ['Found', when(at)],
    ]),
    checkpoint && h('details', {}, h('summary', {}, 'The signed checkpoint'),
      h('p', { class: 'faint' }, 'Keep it in another place. `keyholder audit verify --checkpoint FILE` shows there if records before it were changed.'),
      copyable('the checkpoint', checkpoint)));
}

/** @param {any} problem */
function where({ record, rewritten, there_were: there }) {
  if (record !== undefined) return `Record ${record} is not what was written.`;
  if (rewritten !== undefined) return `The first ${rewritten} records are not those that were signed.`;
  if (there !== undefined) return `Records are missing: there were ${there}.`;
  return 'The checkpoint in the database is not signed by this key holder.';
}
