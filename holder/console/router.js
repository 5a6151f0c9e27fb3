// @ts-check
// Which view is shown. The part behind `#` never leaves the browser, so it may name what is looked at.

import { Problem } from './api.js';
import { add, h, note, put } from './dom.js';

/**
 * @typedef {object} View
 * @property {string} name the first word behind `#/`
 * @property {string} title
 * @property {(content: HTMLElement, context: Context) => Promise<void>} show
 */

/**
 * @typedef {object} Context
 * @property {{ name: string, roles: string[], expires: number }} session
 * @property {AbortSignal} signal ends what the view has under way when another is shown
 * @property {string | undefined} item what of the view is looked at
 */

/**
 * Says kindly why something is not shown.
 * @param {unknown} error
 * @returns {HTMLElement}
 */
export function explain(error) {
  if (!(error instanceof Problem)) return note('bad', `This page has a fault: ${error}. Load it again.`);
  switch (true) {
    case error.status === 403:
      return note('warn', 'Your roles do not let you see this. That is how it is set up, and nothing is wrong.');
    case error.status === 404 && error.code === 'not-found':
    case error.status === 405:
      return note('warn', 'This key holder does not offer this.');
    default:
      return note('bad', `${error.message} (${error.code})`);
  }
}

/**
 * Fills a place with what is asked for, or with why it is not there. Parts of a view come and fail apart from each other.
 * @param {Element} place
 * @param {AbortSignal} signal
 * @param {() => Promise<Node | Node[]>} make
 */
export async function part(place, signal, make) {
  try {
    const made = await make();
    if (!signal.aborted) put(place, ...[made].flat());
  } catch (error) {
    if (!signal.aborted) put(place, explain(error));
  }
}

/** @param {View[]} views */
export function routes(views) {
  let current = new AbortController();
  const nav = /** @type {HTMLElement} */ (document.getElementById('nav'));
  const content = /** @type {HTMLElement} */ (document.getElementById('content'));

  /**
   * @param {Context['session']} session
   * @param {boolean} focus whether the reader is taken to the view: not when the page was only just loaded
   */
  const show = async (session, focus) => {
    current.abort();
    current = new AbortController();
    const { signal } = current;
    const [name, ...rest] = location.hash.replace(/^#\/?/, '').split('/');
    const view = views.find((view) => view.name === name) ?? views[0];
    if (!view) return;
    let item;
    try {
      item = rest.length > 0 ? decodeURIComponent(rest.join('/')) : undefined;
    } catch {
      item = undefined;
    }
    for (const link of nav.querySelectorAll('a')) {
      if (link.hash === `#/${view.name}`) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    document.title = `${view.title} · Key holder`;
    put(content, h('h1', {}, view.title));
    const body = h('div', {}, h('p', { class: 'faint' }, 'Loading…'));
    add(content, body);
    content.dataset.view = '';
    if (focus) content.focus();
    try {
      await view.show(body, { session, signal, item });
    } catch (error) {
      if (!signal.aborted) put(body, explain(error));
    }
    if (!signal.aborted) content.dataset.view = view.name;
  };

  return {
    show,
    stop() {
      current.abort();
    },
    menu() {
      const link = (/** @type {View} */ view) => h('li', {}, h('a', { href: `#/${view.name}` }, view.title));
      put(nav, h('ul', {}, ...views.map(link)));
      nav.hidden = false;
    },
  };
}
