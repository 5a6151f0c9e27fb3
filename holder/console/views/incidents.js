// @ts-check
// Incidents, with what is due in the order in which it is due.

import { get } from '../api.js';
import { badge, card, facts, h, put, table } from '../dom.js';
import { countdown, when } from '../time.js';

/** @type {import('../router.js').View} */
export default {
  name: 'incidents',
  title: 'Incidents',
  async show(body, { signal, item }) {
    if (item !== undefined) {
      put(body, ...one(await get(`/v1/incidents/${encodeURIComponent(item)}`, signal)));
      return;
    }
    const { incidents } = await get('/v1/incidents', signal);
    if (incidents.length === 0) {
      put(body, h('p', {}, 'There was none. `keyholder incident open` declares one.'));
      return;
    }
    put(body, card('All incidents', table(`${incidents.length} incidents`, ['Title', 'Id', 'State', 'Opened', 'Next deadline'],
      incidents.map((/** @type {any} */ incident) => {
        const duty = !incident.closed && next(incident);
        return [h('a', { href: `#/incidents/${encodeURIComponent(incident.id)}` }, incident.title || incident.id), h('code', {}, incident.id), state(incident),
          when(incident.opened, true), duty ? h('span', {}, named(duty), ': ', countdown(duty.due)) : '–'];
      }))));
  },
};

/**
 * What is due next and not done.
 * @param {any} incident
 * @returns {any}
 */
export function next({ duties = [] }) {
  return inOrder(duties).find(({ done, due }) => !done && typeof due === 'number');
}

/**
 * What a duty is, and towards whom.
 * @param {any} duty
 * @returns {string}
 */
export const named = ({ title, what, whom, id }) => title ?? ([what, whom && `(${whom})`].filter(Boolean).join(' ') || id);

/** How far a duty is. @param {any} duty */
function progress({ done, due, at_once: atOnce }) {
  const time = typeof done === 'number' ? done : done?.at;
  if (done) return h('span', {}, badge('good', 'done'), ' ', typeof time === 'number' && when(time));
  if (typeof due === 'number') return countdown(due);
  return atOnce ? badge('warn', 'at once') : h('span', { class: 'faint' }, 'no fixed end');
}

/** What is to be done at once first, then by deadline, and what has none last. @param {any[]} duties */
function inOrder(duties) {
  const due = (/** @type {any} */ duty) => (duty.at_once ? -Infinity : typeof duty.due === 'number' ? duty.due : Infinity);
  return [...duties].sort((a, b) => (due(a) === due(b) ? 0 : due(a) - due(b)));
}

/** @param {any} incident */
const state = ({ closed }) => (closed ? badge('', 'closed') : badge('bad', 'open'));

/** @param {any} incident */
function one(incident) {
  const { id, title, opened, aware, closed, suspected = {}, steps = [], duties = [] } = incident;
  const names = (/** @type {string[] | undefined} */ list) => (list && list.length > 0 ? h('span', {}, list.join(', ')) : null);
  const window = (suspected.from || suspected.to) && h('span', {}, suspected.from ? when(suspected.from) : 'the beginning', ' to ', suspected.to ? when(suspected.to) : 'now');
  const due = inOrder(duties).map((duty) => [named(duty), progress(duty), duty.words ?? '–', duty.citation ?? '–', (duty.conditions ?? []).join(' ') || '–']);
  const timeline = h('ol', { class: 'timeline' }, ...[...steps].sort((a, b) => a.time - b.time).map((step) => h('li', {},
    when(step.time, true), ' ', h('strong', {}, step.what ?? step.step), ' by ', step.by ?? step.actor ?? '?', details(step.detail))));
  return [
    h('p', {}, h('a', { href: '#/incidents' }, 'All incidents')),
    h('div', { class: 'stack' },
      card('Incident', h('p', { class: 'big' }, title || id), facts([
        ['Id', h('code', {}, id)], ['State', state(incident)], ['Opened', when(opened, true)], ['Aware since', aware && when(aware, true)],
        ['Closed', closed && when(closed, true)], ['Suspected credentials', names(suspected.credentials)], ['Suspected keys', names(suspected.keys)],
        ['A copy of the database', suspected.database_copy ? 'is suspected to be elsewhere' : null], ['Window', window],
      ])),
      card('Deadlines', duties.length > 0 ? table('The next deadline first', ['Duty', 'Due', 'Limit', 'Source', 'If'], due) : h('p', {}, 'None is known yet. `keyholder incident notify` works them out.'),
        h('p', { class: 'faint' }, 'This is no legal advice.')),
      card('Timeline', steps.length > 0 ? timeline : h('p', {}, 'No step was taken yet.'))),
  ];
}

/** @param {unknown} detail */
function details(detail) {
  if (detail === null || detail === undefined) return null;
  if (typeof detail === 'object' && Object.keys(detail).length === 0) return null;
  const text = typeof detail === 'string' ? detail : JSON.stringify(detail, null, 1);
  return h('details', {}, h('summary', {}, 'Details'), h('pre', { class: 'copy', tabindex: 0 }, text));
}
