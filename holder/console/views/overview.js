// @ts-check
// What somebody who is woken at night wants to know first.

import { all, get, post } from '../api.js';
import { daily } from '../charts.js';
import { add, badge, button, card, h, put, say, table } from '../dom.js';
import { explain, part } from '../router.js';
import { countdown, distance, now, when } from '../time.js';
import { named, next } from './incidents.js';

/** How long before its end a key is worth a word, in seconds. */
const SOON = 30 * 86400;

/** @type {import('../router.js').View} */
export default {
  name: 'overview',
  title: 'Overview',
  async show(body, { session, signal }) {
    const places = ['Service', 'Incidents', 'Approvals', 'Keys that end soon'].map((title) => {
      const place = h('div', {}, h('p', { class: 'faint' }, 'Loading…'));
      return { place, card: card(title, place) };
    });
    const charts = h('div', { class: 'stack' });
    const wide = card('Values opened', charts);
    wide.classList.add('wide');
    put(body, h('div', { class: 'cards' }, ...places.map(({ card }) => card), wide));
    const [service, incidents, approvals, keys] = places.map(({ place }) => place);
    if (!service || !incidents || !approvals || !keys) return;
    await Promise.all([
      part(service, signal, () => readiness(signal)),
      part(incidents, signal, () => open(signal)),
      part(approvals, signal, () => waiting(session.name, approvals, signal)),
      part(keys, signal, () => ending(signal)),
      part(charts, signal, () => opens(signal)),
    ]);
  },
};

/** @param {AbortSignal} signal */
async function readiness(signal) {
  try {
    await get('/readyz', signal);
    return h('p', { class: 'big' }, badge('good', 'Ready'), ' values can be opened and recorded');
  } catch (error) {
    return h('div', {}, h('p', { class: 'big' }, badge('bad', 'Not ready')), explain(error));
  }
}

/** @param {AbortSignal} signal */
async function open(signal) {
  const { incidents } = await get('/v1/incidents', signal);
  const now = incidents.filter((/** @type {any} */ incident) => !incident.closed);
  if (now.length === 0) return h('p', {}, badge('good', 'None'), ' is open.');
  const details = await Promise.all(now.map(async (/** @type {any} */ incident) =>
    incident.duties ? incident : get(`/v1/incidents/${encodeURIComponent(incident.id)}`, signal).catch(() => incident)));
  return h('ul', {}, ...details.map((incident) => {
    const duty = next(incident);
    return h('li', {}, h('a', { href: `#/incidents/${encodeURIComponent(incident.id)}` }, incident.title || incident.id),
      duty && h('div', {}, named(duty), ': ', countdown(duty.due)));
  }));
}

/**
 * @param {string} name who looks
 * @param {Element} place
 * @param {AbortSignal} signal
 */
async function waiting(name, place, signal) {
  const { approvals } = await get('/v1/approvals', signal);
  if (approvals.length === 0) return h('p', {}, 'None is waiting.');
  return h('ul', {}, ...approvals.map((/** @type {any} */ asked) => {
    const approve = button('Approve', async () => {
      try {
        await post(`/v1/approvals/${encodeURIComponent(asked.id)}`);
        say(`Approved what ${asked.actor} asked for.`);
        await part(place, signal, () => waiting(name, place, signal));
      } catch (error) {
        add(item, explain(error));
      }
    }, { 'aria-label': `Approve ${asked.action} for ${asked.actor}` });
    const item = h('li', {}, h('strong', {}, asked.actor), ` asks for ${asked.action} of ${asked.count} `,
      asked.count === 1 ? 'value' : 'values', asked.purpose && [': “', asked.purpose, '”'].join(''), ', ends ', distance(asked.expires), ' ',
      asked.approved_by ? badge('good', `approved by ${asked.approved_by}`) : asked.actor === name
        ? h('span', { class: 'faint' }, 'Somebody else has to approve this.') : approve);
    return item;
  }));
}

/** @param {AbortSignal} signal */
async function ending(signal) {
  const keys = await all('/v1/keys', 'keys', signal);
  const ends = keys.filter(({ destroyed }) => !destroyed).flatMap(({ kid, class: kind, exp, destroys, revoked }) => [
    ...(exp && !revoked && exp > now() && exp < now() + SOON ? [{ kid, kind, at: exp, what: 'is no longer sealed to' }] : []),
    ...(destroys && destroys < now() + SOON ? [{ kid, kind, at: destroys, what: 'is destroyed' }] : []),
  ]).sort((a, b) => a.at - b.at);
  if (ends.length === 0) return h('p', {}, `None of ${keys.length} in the next 30 days.`);
  return table('Keys that end in the next 30 days', ['Class', 'Key', 'When', 'What then'],
    ends.map(({ kid, kind, at, what }) => [kind, h('code', {}, kid.slice(0, 12)), when(at, true), what]));
}

/** @param {AbortSignal} signal */
async function opens(signal) {
  const { from, to, opens } = await get('/v1/statistics', signal);
  const points = (/** @type {(open: any) => string} */ series, /** @type {(open: any) => boolean} */ which) =>
    opens.filter(which).map((/** @type {any} */ open) => ({ day: open.day, count: open.count, series: series(open) }));
  const granted = (/** @type {any} */ { outcome }) => outcome.startsWith('granted');
  return [
    daily('Values opened by role', from, to, points(({ role }) => role, granted)),
    daily('Values opened by kind', from, to, points(({ kind }) => kind ?? 'not readable', granted)),
    daily('Refusals by reason', from, to, points(({ outcome }) => outcome, (open) => !granted(open))),
  ];
}
