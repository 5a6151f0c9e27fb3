// @ts-check
// Charts, drawn by hand so that the page needs nothing from elsewhere. Each says in words what it shows and has its
// figures as a table.

import { button, h, put, svg, table } from './dom.js';
import { day, now, utc } from './time.js';

const DAY = 86400;

/** How many series have a colour of their own; the smaller ones are put together. */
const SERIES = 8;

/** @typedef {{ day: number, series: string, count: number }} Point */

/**
 * Puts those series together that have no colour of their own.
 * @param {Point[]} points
 */
function gather(points) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { series, count } of points) sums.set(series, (sums.get(series) ?? 0) + count);
  const names = [...sums.keys()].sort((a, b) => (sums.get(b) ?? 0) - (sums.get(a) ?? 0) || a.localeCompare(b));
  const kept = names.length > SERIES ? names.slice(0, SERIES - 1) : names;
  return { names: kept.length < names.length ? [...kept, 'others'] : kept, kept: new Set(kept), sums };
}

/** The next number that reads well as the end of an axis. @param {number} most */
function ceiling(most) {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most;
}

/**
 * A bar a day, divided by series.
 * @param {string} title
 * @param {number} from the first day
 * @param {number} to the end of the last day
 * @param {Point[]} points
 */
export function daily(title, from, to, points) {
  const { names, kept } = gather(points);
  /** @type {number[]} */
  const days = [];
  for (let at = Math.floor(from / DAY) * DAY; at < to; at += DAY) days.push(at);
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { day, series, count } of points) {
    const key = `${day} ${kept.has(series) ? series : 'others'}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  const of = (/** @type {number} */ at, /** @type {string} */ name) => counts.get(`${at} ${name}`) ?? 0;
  const total = (/** @type {number} */ at) => names.reduce((sum, name) => sum + of(at, name), 0);
  const sum = points.reduce((sum, { count }) => sum + count, 0);
  if (sum === 0) return h('p', { class: 'faint' }, `${title}: none from ${day(from)} to ${day(to - 1)}.`);

  const [width, height, left, bottom] = [720, 190, 44, 20];
  const top = ceiling(Math.max(...days.map(total)));
  const x = (/** @type {number} */ i) => left + ((width - left) * i) / days.length;
  const tall = (/** @type {number} */ n) => ((height - bottom - 8) * n) / top;
  const bars = days.flatMap((at, i) => {
    let y = height - bottom;
    return names.flatMap((name, s) => {
      const count = of(at, name);
      if (count === 0) return [];
      y -= tall(count);
      const bar = svg('rect', { class: `s${s}`, x: x(i) + 1, y, width: Math.max(x(1) - x(0) - 2, 1), height: tall(count) });
      bar.append(svg('title', {}, `${day(at)}: ${count} ${name}`));
      return [bar];
    });
  });
  const every = Math.ceil(days.length / 6);
  const marks = days.flatMap((at, i) => (i % every === 0 ? [svg('text', { x: x(i), y: height - 5 }, day(at))] : []));
  const lines = [0, top / 2, top].flatMap((n) => {
    const y = height - bottom - tall(n);
    return [svg('line', { class: 'axis', x1: left, x2: width, y1: y, y2: y }),
      svg('text', { x: left - 4, y: y + 4, 'text-anchor': 'end' }, Number.isInteger(n) ? n : '')];
  });
  const ids = `chart-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  const most = names.map((name) => `${name} ${days.reduce((sum, at) => sum + of(at, name), 0)}`).join(', ');
  const drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-labelledby': `${ids}-title ${ids}-desc` },
    svg('title', { id: `${ids}-title` }, title),
    svg('desc', { id: `${ids}-desc` }, `${sum} from ${day(from)} to ${day(to - 1)}: ${most}.`), ...lines, ...bars, ...marks);
  const legend = h('ul', { class: 'legend' }, ...names.map((name, s) => h('li', {}, swatch(s), name)));
  const figures = () => table(title, ['Day (UTC)', ...names.map((name) => /** @type {[string, string]} */ ([name, 'number']))],
    days.filter((at) => total(at) > 0).map((at) => [day(at), ...names.map((name) => of(at, name))]));
  return toggled(title, [drawing, legend], figures);
}

/** @param {number} s */
function swatch(s) {
  return svg('svg', { viewBox: '0 0 10 10', 'aria-hidden': 'true' }, svg('rect', { class: `s${s}`, width: 10, height: 10 }));
}

/**
 * A drawing, and in its place a table for whoever prefers figures.
 * @param {string} title
 * @param {Node[]} drawing
 * @param {() => Node} figures
 */
function toggled(title, drawing, figures) {
  const place = h('div', {}, ...drawing);
  let shown = false;
  const toggle = button('Show as a table', async () => {
    shown = !shown;
    put(place, ...(shown ? [figures()] : drawing));
    toggle.textContent = shown ? 'Show as a chart' : 'Show as a table';
  });
  return h('div', { class: 'chart' }, h('h3', {}, title), place, toggle);
}

/**
 * Bars along the time, such as the lives of keys.
 * @param {string} title
 * @param {{ name: string, from: number, seals?: number, to?: number }[]} rows `seals` is until when it is sealed to, `to` when it ends
 */
export function lives(title, rows) {
  if (rows.length === 0) return h('p', { class: 'faint' }, 'There is none.');
  const at = now();
  const ends = rows.flatMap(({ from, seals, to }) => [from, seals ?? at, to ?? at]);
  const [first, last] = [Math.min(at, ...ends), Math.max(at + DAY, ...ends)];
  const [width, row, left] = [720, 20, 150];
  const height = rows.length * row + 24;
  const x = (/** @type {number} */ time) => left + ((width - left - 8) * (time - first)) / (last - first);
  const bars = rows.flatMap(({ name, from, seals, to }, i) => {
    const y = i * row + 4;
    const end = seals ?? to ?? last;
    const seal = svg('rect', { class: 's0', x: x(from), y, width: Math.max(x(end) - x(from), 2), height: row - 8 },
      svg('title', {}, `${name}: sealed to until ${utc(end)}`));
    const open = to !== undefined && to > end
      && svg('rect', { class: 's7', x: x(end), y: y + 3, width: x(to) - x(end), height: row - 14 },
        svg('title', {}, `${name}: opens until ${utc(to)}`));
    return [svg('text', { x: 0, y: y + 10 }, name.length > 22 ? `${name.slice(0, 21)}…` : name), seal, ...(open ? [open] : [])];
  });
  const drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title },
    ...bars,
    svg('line', { class: 'now', x1: x(at), x2: x(at), y1: 0, y2: height - 18 }),
    svg('text', { x: x(at), y: height - 4, 'text-anchor': 'middle' }, 'now'));
  const legend = h('ul', { class: 'legend' }, h('li', {}, swatch(0), 'sealed to and opened'), h('li', {}, swatch(7), 'opened only, until it is destroyed'));
  return h('div', { class: 'bars' }, drawing, legend);
}
