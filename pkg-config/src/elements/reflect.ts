/** Properties that an attribute of the same name holds. */
const TEXTS = [
  "name", "kind", "pattern", "placeholder", "autocomplete", "region", "hint", "sub", "check", "keys", "trust", "pin",
  "signer",
];
const FLAGS = ["required", "disabled", "readOnly", "multiline", "once"];
const NUMBERS = ["minLength", "maxLength", "lifetime"];

type Get = (host: HTMLElement) => unknown;
type Set = (host: HTMLElement, value: unknown) => void;

/** Gives a class the properties of the attributes, as the browser's own elements have them. */
export function reflect(prototype: HTMLElement): void {
  const define = (property: string, get: Get, set: Set) =>
    Object.defineProperty(prototype, property, {
      get(this: HTMLElement) {
        return get(this);
      },
      set(this: HTMLElement, value: unknown) {
        set(this, value);
      },
      configurable: true,
      enumerable: true,
    });
  for (const property of [...TEXTS, "defaultValue"]) {
    const attribute = property === "defaultValue" ? "value" : property;
    const missing = property === "kind" ? "text" : "";
    define(property, (host) => host.getAttribute(attribute) ?? missing, (host, value) => write(host, attribute, value));
  }
  for (const property of FLAGS) {
    const attribute = property.toLowerCase();
    define(property, (host) => host.hasAttribute(attribute), (host, on) => void host.toggleAttribute(attribute, !!on));
  }
  for (const property of NUMBERS) {
    const attribute = property.toLowerCase();
    const read = (text: string | null) => (text !== null && /^\s*\d+\s*$/.test(text) ? Number(text) : -1);
    define(property, (host) => read(host.getAttribute(attribute)), (host, value) => write(host, attribute, value));
  }
}

/** Frameworks take something away by setting nothing; an empty pin or an empty address would be something. */
function write(host: HTMLElement, attribute: string, value: unknown): void {
  if (value === null || value === undefined) host.removeAttribute(attribute);
  else host.setAttribute(attribute, typeof value === "object" ? JSON.stringify(value) : String(value));
}
