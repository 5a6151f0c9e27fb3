// @ts-check
// Builds the page. Text always becomes a text node, so nothing that somebody else wrote is ever markup, and the page's
// policy (`require-trusted-types-for 'script'`) would refuse it if it were.

/** @typedef {Node | string | number | null | undefined | false} Child */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {Element} element
 * @param {Record<string, any>} props attributes; `on…` listens, and what is false, null or undefined is left out
 * @param {Child[]} children
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  add(element, ...children);
}

/**
 * An element of the page.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  fill(element, props, children);
  return element;
}

/**
 * An element of a drawing.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  fill(element, props, children);
  return element;
}

/**
 * @param {Element} parent
 * @param {...Child} children
 */
export function add(parent, ...children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Puts children in the place of those that are there.
 * @param {Element} parent
 * @param {...Child} children
 */
export function put(parent, ...children) {
  parent.replaceChildren();
  add(parent, ...children);
}

/**
 * A short word that stands out.
 * @param {'good' | 'warn' | 'bad' | ''} tone
 * @param {string} text
 */
export const badge = (tone, text) => h('span', { class: `badge ${tone}` }, text);

/**
 * @param {'good' | 'warn' | 'bad'} tone
 * @param {...Child} children
 */
export const note = (tone, ...children) => h('div', { class: `note ${tone}` }, h('p', {}, ...children));

/**
 * A part of a view under a heading.
 * @param {string} title
 * @param {...Child} children
 */
export function card(title, ...children) {
  const id = `part-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return h('section', { class: 'card', 'aria-labelledby': id }, h('h2', { id }, title), ...children);
}

/**
 * Names beside what they are.
 * @param {[string, Child][]} rows those without a value are left out
 */
export function facts(rows) {
  const list = h('dl', { class: 'facts' });
  for (const [name, value] of rows) {
    if (value === null || value === undefined || value === false || value === '') continue;
    add(list, h('dt', {}, name), h('dd', {}, value));
  }
  return list;
}

/**
 * A table that scrolls by itself where it is wider than the page.
 * @param {string} caption
 * @param {(string | [string, string])[]} head names of the columns, each perhaps with a class
 * @param {Child[][]} rows the first cell of each is its heading
 */
export function table(caption, head, rows) {
  const columns = head.map((column) => (Array.isArray(column) ? column : [column, '']));
  const cell = (/** @type {Child} */ child, /** @type {number} */ at) => {
    const kind = columns[at]?.[1] || null;
    return at === 0 ? h('th', { scope: 'row', class: kind }, child) : h('td', { class: kind }, child);
  };
  const body = rows.map((row) => h('tr', {}, ...row.map(cell)));
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', {},
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...columns.map(([name, kind]) => h('th', { scope: 'col', class: kind || null }, name)))),
      h('tbody', {}, ...body)));
}

/**
 * A button that is off while what it does is under way.
 * @param {string} text
 * @param {() => Promise<unknown>} act
 * @param {Record<string, any>} [props]
 */
export function button(text, act, props = {}) {
  const element = h('button', { type: 'button', ...props }, text);
  element.addEventListener('click', async () => {
    element.disabled = true;
    try {
      await act();
    } finally {
      element.disabled = false;
    }
  });
  return element;
}

/**
 * A text with a button that copies it.
 * @param {string} name
 * @param {string} text
 */
export function copyable(name, text) {
  const copy = button(`Copy ${name}`, async () => {
    await navigator.clipboard.writeText(text).then(
      () => say(`Copied ${name}.`),
      () => say(`This browser did not let the page copy. Mark ${name} and copy it.`),
    );
  });
  return h('div', {}, h('pre', { class: 'copy', tabindex: 0 }, text), copy);
}

/**
 * Says something at the edge of the page, and to a screen reader when it has time.
 * @param {string} text
 */
export function say(text) {
  const status = document.getElementById('status');
  if (status) status.textContent = text;
}
