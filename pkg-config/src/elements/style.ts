// A constructed style sheet: `style-src 'self'` allows it, while a style element would need a hash or a nonce.

/**
 * It takes font and colours from the page and the system, so that it follows light, dark and forced colours
 * without being told. Every custom property has a default.
 */
const CSS = `
:host {
  --_line: GrayText;
  --_quiet: GrayText;
  --_wrong: #b3261e;
  --_ring: Highlight;
  display: inline-grid;
  grid-template-columns: auto minmax(0, 1fr);
  align-items: center;
  inline-size: var(--fieldseal-width, 16em);
  max-inline-size: 100%;
  vertical-align: baseline;
}
:host([hidden]) { display: none; }
[part=icon] {
  display: block;
  grid-area: 1 / 1;
  z-index: 1;
  padding-inline-start: var(--fieldseal-icon-gap, .5em);
  pointer-events: none;
}
[part=icon]:not(.filled) { display: none; }
[part=input] {
  grid-area: 1 / 1 / auto / -1;
  box-sizing: border-box;
  inline-size: 100%;
  min-inline-size: 0;
  margin: 0;
  padding: var(--fieldseal-padding, .4em .5em);
  border: var(--fieldseal-border, 1px solid var(--_line));
  border-radius: var(--fieldseal-radius, 4px);
  color: var(--fieldseal-color, FieldText);
  background: var(--fieldseal-background, Field);
  font: inherit;
  letter-spacing: inherit;
  text-align: inherit;
}
textarea { min-block-size: 4lh; resize: block; }
.filled + [part=input] { padding-inline-start: var(--fieldseal-icon-space, 2.5em); }
[part=input]::placeholder { color: var(--fieldseal-placeholder-color, var(--_quiet)); opacity: 1; }
[part=input]:focus-visible {
  outline: var(--fieldseal-focus, 2px solid var(--_ring));
  outline-offset: 1px;
}
[part=input]:disabled { opacity: .6; cursor: not-allowed; }
[part=input][aria-invalid=true] { border-color: var(--fieldseal-error-color, var(--_wrong)); }
[part=error] {
  grid-area: 2 / 1 / auto / -1;
  margin-block-start: .25em;
  color: var(--fieldseal-error-color, var(--_wrong));
  font-size: var(--fieldseal-error-size, .875em);
}
[part=error]:empty { display: none; }
@supports (color: light-dark(red, red)) {
  :host {
    --_line: color-mix(in srgb, FieldText 55%, Field);
    --_quiet: color-mix(in srgb, FieldText 65%, Field);
    --_wrong: light-dark(#b3261e, #ff8a80);
    --_ring: light-dark(#1a5fb4, #99c1f1);
  }
}
@media (forced-colors: active) {
  [part=input] { border-color: FieldText; }
  [part=input]:disabled { border-color: GrayText; color: GrayText; opacity: 1; }
  [part=input][aria-invalid=true] { border-width: 3px; }
}
`;

const sheets = new WeakMap<Document, CSSStyleSheet>();

/** Dresses a shadow root. Where style sheets cannot be constructed the element looks as the browser's own do. */
export function dress(root: ShadowRoot): void {
  const page = root.ownerDocument;
  try {
    let sheet = sheets.get(page);
    if (sheet === undefined) {
      // Made by the document's own window, as a document takes no sheet of another.
      sheet = new (page.defaultView ?? globalThis).CSSStyleSheet();
      sheet.replaceSync(CSS);
      sheets.set(page, sheet);
    }
    root.adoptedStyleSheets = [sheet];
  } catch {
    // It works all the same.
  }
}
