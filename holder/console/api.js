// @ts-check
// Asks the key holder. The session is a cookie that scripts cannot read; the header says that this page asked.

import { learn } from './time.js';

/** What the key holder refused or could not do (RFC 9457). */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   */
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** @type {() => void} */
let ended = () => {};

/**
 * What to do when an answer says that the session has ended.
 * @param {() => void} act
 */
export function onEnded(act) {
  ended = act;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @param {boolean} [poll] whether the page asks by itself: that does not keep the session of an unwatched page alive
 * @returns {Promise<any>} what the JSON says; null where there is none
 */
async function ask(method, path, body, signal, poll = false) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json', 'x-keyholder-console': poll ? 'poll' : '1' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const request = { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) };
  let response;
  try {
    response = await fetch(path, { ...request, credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'unreachable', 'The key holder does not answer. Look at the network, and whether it runs.');
  }
  learn(response.headers.get('date'));
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { code = 'unknown', detail = `The key holder answered with status ${response.status}.` } = answer ?? {};
  if (response.status === 401 && path.startsWith('/v1/')) ended();
  throw new Problem(response.status, String(code), String(detail));
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 */
export const get = (path, signal) => ask('GET', path, undefined, signal);

/**
 * The same for a page that looks for news by itself.
 * @param {string} path
 * @param {AbortSignal} signal
 */
export const poll = (path, signal) => ask('GET', path, undefined, signal, true);

/**
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 */
export const post = (path, body, signal) => ask('POST', path, body, signal);

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 */
export const remove = (path, signal) => ask('DELETE', path, undefined, signal);

/**
 * All entries of a list that comes in pages.
 * @param {string} path
 * @param {string} name
 * @param {AbortSignal} [signal]
 * @returns {Promise<any[]>}
 */
export async function all(path, name, signal) {
  const entries = [];
  let after = '';
  for (;;) {
    const page = await get(`${path}?limit=1000${after && `&after=${encodeURIComponent(after)}`}`, signal);
    entries.push(...page[name]);
    if (!page.more) return entries;
    after = page.next;
  }
}
