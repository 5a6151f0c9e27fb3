// @ts-check
// The audit as it grows: newest first, searched at the key holder, and checked.

import { get, poll } from '../api.js';
import { add, badge, button, card, facts, h, put } from '../dom.js';
import { explain } from '../router.js';
import { utc, when } from '../time.js';
import { verification } from './verification.js';

/** How long to wait before asking for new records again, in milliseconds. */
const EVERY = 3000;

/** How many records come at a time, and how many stay in the page. */
const PAGE = 50;
const MOST = 1000;

/** What can be searched for, and what it is called. @type {[string, string][]} */
const WORDS = [['text', 'Anywhere'], ['actor', 'Who asked'], ['action', 'For what'], ['outcome', 'Outcome'], ['kind', 'Kind'], ['sub', 'Subject']];

/** @type {import('../router.js').View} */
export default {
  name: 'audit',
  title: 'Audit',
  async show(body, { signal }) {
    const check = verification(signal);
    const list = follow(signal, () => check.follow());
    put(body, h('div', { class: 'stack' }, check.element, list.element));
    await Promise.all([check.refresh(), list.begin()]);
  },
};

/**
 * The list, which is followed until the view ends.
 * @param {AbortSignal} signal
 * @param {() => Promise<void>} grown what to do when there are new records
 */
function follow(signal, grown) {
  const rows = h('tbody', { id: 'records' });
  const message = h('div', {});
  const live = h('p', { role: 'status', class: 'faint', id: 'live' });
  const form = h('form', { class: 'fields', role: 'search' },
    ...WORDS.map(([name, title]) => h('label', {}, title, h('input', { name, type: 'search', autocomplete: 'off', spellcheck: 'false', maxlength: name === 'text' ? 100 : null }))),
    h('button', { class: 'main' }, 'Search'));
  const pause = h('button', { type: 'button', 'aria-pressed': 'false' }, 'Pause');
  const older = button('Older records', () => back());
  let [search, next, after, arrived, isPaused] = ['', '', '', 0, false];
  // Each search is a time of its own: what comes late from the one before is not shown.
  let time = 0;

  const address = (/** @type {string} */ more) => `/v1/audit?limit=${PAGE}${search}${more}`;
  const shown = (/** @type {any} */ page) => page.records.map((/** @type {any} */ record) => row(record));
  const tell = () => {
    live.textContent = isPaused ? 'Paused.' : `Following. ${arrived} ${arrived === 1 ? 'record has' : 'records have'} arrived.`;
    older.hidden = next === '';
  };

  async function begin() {
    time += 1;
    const mine = time;
    put(message);
    try {
      const page = await get(address('&order=newest'), signal);
      if (mine !== time) return;
      put(rows, ...shown(page));
      [next, after, arrived] = [page.more ? page.next : '', page.follow, 0];
      if (page.records.length === 0) put(message, h('p', {}, 'No record is like that.'));
      tell();
    } catch (error) {
      if (mine === time && !signal.aborted) put(message, explain(error));
    }
  }

  async function back() {
    const mine = time;
    const page = await get(address(`&order=newest&after=${encodeURIComponent(next)}`), signal);
    if (mine !== time) return;
    add(rows, ...shown(page));
    next = page.more && rows.childElementCount < MOST ? page.next : '';
    tell();
  }

  async function forth() {
    const mine = time;
    const page = await poll(address(`&after=${encodeURIComponent(after)}`), signal);
    if (mine !== time || isPaused) return false;
    after = page.next;
    if (page.records.length === 0) return false;
    put(message);
    for (const made of shown(page)) {
      made.classList.add('fresh');
      rows.prepend(made);
      setTimeout(() => made.classList.remove('fresh'), 2500);
    }
    while (rows.childElementCount > MOST) {
      rows.lastElementChild?.remove();
      // What was taken away at the end is found again by a new search.
      next = '';
    }
    arrived += page.records.length;
    tell();
    await grown();
    return page.more;
  }

  async function keep() {
    while (!signal.aborted) {
      let again = false;
      if (after !== '' && !isPaused && document.visibilityState === 'visible') {
        again = await forth().catch((error) => {
          if (!signal.aborted) put(message, explain(error));
          return false;
        });
      }
      if (!again) await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const words = [...new FormData(form)].filter(([, value]) => value !== '');
    search = words.map(([name, value]) => `&${name}=${encodeURIComponent(String(value))}`).join('');
    begin();
  });
  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? 'Go on' : 'Pause';
    pause.setAttribute('aria-pressed', String(isPaused));
    tell();
  });

  const heads = ['Record', 'Time', 'Who', 'What', 'Outcome', 'About', 'Subject', 'Purpose'];
  const table = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Records, newest first' },
    h('table', {}, h('caption', {}, 'Records, newest first'), h('thead', {}, h('tr', {}, ...heads.map((name) => h('th', { scope: 'col' }, name)))), rows));
  const element = card('Records', form, h('div', { class: 'buttons' }, pause, live), message, table, h('p', {}, older));
  tell();
  return {
    element,
    async begin() {
      await begin();
      keep();
    },
  };
}

/** @param {any} record */
function row(record) {
  const { seq, time, actor, action, outcome, target, kid, class: kindClass, kind, field, iss, jti, sub, purpose, request, rule, hash } = record;
  const tone = outcome.startsWith('granted') ? 'good' : 'bad';
  const about = [kind && `${kind} in ${field ?? '?'}`, !kind && kindClass, target].filter(Boolean).join(', ');
  const rest = facts([['time', utc(time)], ['class', kindClass], ['key', kid && h('code', {}, kid)], ['origin', iss], ['token', jti && h('code', {}, jti)],
    ['request', request], ['rules', rule], ['leaf hash', h('code', {}, hash)]]);
  return h('tr', { 'data-seq': seq },
    h('th', { scope: 'row', class: 'tight' }, h('details', {}, h('summary', { 'aria-label': `Record ${seq}, all of it` }, seq), rest)),
    h('td', { class: 'tight' }, when(time)), h('td', {}, actor), h('td', {}, action), h('td', {}, badge(tone, outcome)),
    h('td', {}, about), h('td', {}, sub && h('code', {}, sub)), h('td', {}, purpose));
}

