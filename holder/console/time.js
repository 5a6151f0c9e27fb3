// @ts-check
// Times: local for people, UTC on a closer look, and how far away. The key holder speaks in seconds since 1970.

import { h } from './dom.js';

const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const localDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });

/** The units of a distance, largest first, in seconds. @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [['year', 31557600], ['month', 2629800], ['day', 86400], ['hour', 3600], ['minute', 60]];

/** What the key holder's clock is ahead of this browser's, in seconds. */
let ahead = 0;

/**
 * Learns from an answer what the time is at the key holder.
 * @param {string | null} date the `Date` of the answer
 */
export function learn(date) {
  const there = date ? Date.parse(date) : NaN;
  // `Date` has whole seconds, and an answer takes a moment, so less than this is no difference.
  if (!Number.isNaN(there) && Math.abs(there - Date.now()) > 3000) ahead = Math.round((there - Date.now()) / 1000);
}

/** Now, in seconds. */
export const now = () => Math.floor(Date.now() / 1000) + ahead;

/** @param {number} time */
export const utc = (time) => new Date(time * 1000).toISOString().replace('.000Z', 'Z');

/** @param {number} time the beginning of a day of UTC */
export const day = (time) => localDay.format(new Date(time * 1000));

/**
 * How far away a time is, such as `in 3 hr.` or `2 days ago`.
 * @param {number} time
 */
export function distance(time) {
  const away = time - now();
  const [unit, size] = UNITS.find(([, size]) => Math.abs(away) >= size) ?? ['second', 1];
  return relative.format(Math.trunc(away / size), unit);
}

/**
 * A time: when it is, and with `far` also how far away.
 * @param {number} time
 * @param {boolean} [far]
 */
export function when(time, far = false) {
  const text = local.format(new Date(time * 1000));
  return h('time', { datetime: utc(time), title: utc(time) }, far ? `${text} (${distance(time)})` : text);
}

/**
 * What is left until a time, to the second: `2 d 03:04:05`.
 * @param {number} left in seconds
 */
export function clock(left) {
  const seconds = Math.abs(left);
  const two = (/** @type {number} */ n) => String(Math.floor(n)).padStart(2, '0');
  const days = Math.floor(seconds / 86400);
  const rest = `${two((seconds % 86400) / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return days > 0 ? `${days} d ${rest}` : rest;
}

/**
 * A time that is counted down to. It ticks as long as it is in the page and is not read out at each tick.
 * @param {number} due
 */
export function countdown(due) {
  const left = h('span', { class: 'count', role: 'timer', 'aria-live': 'off' });
  const element = h('span', {}, left, ' ', h('span', { class: 'faint' }, 'due ', when(due)));
  const show = () => {
    const seconds = due - now();
    left.textContent = seconds >= 0 ? `${clock(seconds)} left` : `overdue by ${clock(seconds)}`;
    left.className = `count badge ${seconds < 0 ? 'bad' : seconds < 24 * 3600 ? 'warn' : 'good'}`;
  };
  show();
  const tick = setInterval(() => {
    if (element.isConnected) show();
    else clearInterval(tick);
  }, 1000);
  return element;
}
