// What the guard's tests use inside the page: fresh forms, and words for what happens to them.
import * as fieldseal from "/index.js";

const set = await (await fetch("/keys.json")).json();
const keys = await fieldseal.loadKeys(set, { trust: "origin" });
const base64 = (text) => text.replaceAll("-", "+").replaceAll("_", "/");

Object.assign(window, fieldseal, {
  fieldseal,
  CLEAR: "4242 4242 4242 4242",
  blocked: [],
  pause: (milliseconds) => new Promise((later) => setTimeout(later, milliseconds)),
  headerOf: (token) => JSON.parse(atob(base64(token.split(".")[0]))),
  entries: (form) => [...new FormData(form)],
  names: (form) => [...new FormData(form).keys()],
  all: (selector) => [...document.querySelectorAll(selector)],

  /** The code, the member and the class of what a call throws; nothing if it throws nothing. */
  codeOf(call) {
    try {
      call();
    } catch (error) {
      return [error.code, error.member, error instanceof fieldseal.FieldsealError];
    }
  },

  /** A new form with a sealed control, an ordinary one, whatever else is given, and a button. */
  fresh(html = "") {
    blocked.length = 0;
    window.submitted = undefined;
    document.body.innerHTML = `<form>
      <input data-seal="card" data-kind="card-number" value="${CLEAR}"><input name="plain" value="open">
      ${html}<button>send</button></form>`;
    window.form = document.forms[0];
    window.sealer = fieldseal.createSealer(keys);
  },

  /** Presses the form's button. */
  send: () => form.querySelector(":scope > button").click(),
});

addEventListener("fieldseal:blocked", (event) => blocked.push(event.detail));
addEventListener("submit", (event) => {
  // The page stays where it is, and notes what would have been sent.
  event.preventDefault();
  window.submitted = entries(event.target);
});

customElements.define(
  "fancy-input",
  class extends HTMLElement {
    static formAssociated = true;
    connectedCallback() {
      const own = new FormData();
      own.append("secret", CLEAR);
      this.internals ??= this.attachInternals();
      this.internals.setFormValue(own);
    }
  },
);

document.documentElement.dataset.result = "ready";
