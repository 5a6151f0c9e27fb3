// What is sealed ahead of time, in Chromium: how much and when, for how long at a stretch, and what is left of it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { after, before, beforeEach, describe } from "node:test";
import { Browser, here, inBrowser, KEYS, Project, serve } from "./support.mjs";

let project;
let browser;
let server;
before(async () => {
  project = new Project();
  project.write("plain/keys.json", JSON.stringify(KEYS));
  server = await serve([join(here, "pages"), join(project.dir, "plain"), join(project.installed, "dist")]);
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  server.close();
  project.close();
});
// A page of its own for each test, as all forms of a page share what is prepared for them.
beforeEach(async () => {
  if (browser) assert.equal(await browser.result(`${server.origin}/guard.html`), "ready");
});

/** Runs a script that may wait until a sealer has so many ready, and gives how many it has then. */
const run = (script, ...args) => browser.run(`${WORDS}${script}`, ...args);
const WORDS = `
  const settled = async (size, of = sealer) => {
    for (let i = 0; i < 150 && of.ready.pool !== size; i += 1) await pause(20);
    // What is right may still become more.
    await pause(150);
    return of.ready.pool;
  };
  const enc = (token) => token.split(".")[1];`;

/** Takes the browser's idle callbacks and clock into the test's own hands. */
const IDLE = `
  const queue = []; let clock = 0;
  window.requestIdleCallback = (work, options) => queue.push([work, options]);
  performance.now = () => clock;
  /** The browser is idle for so long: how many were made in it. A clock may run between its readings. */
  const idle = (milliseconds, step = 0) => {
    const before = sealer.ready.pool; const [work] = queue.shift();
    performance.now = () => (clock += step) - step;
    work({ timeRemaining: () => milliseconds, didTimeout: milliseconds === 0 });
    return sealer.ready.pool - before;
  };`;
const inputs = (count) => Array(count).fill('<input data-seal="x">').join("");

describe("as many are ready as the form would seal", () => {
  inBrowser("one of a group of radio buttons, and of a list what is selected", async () => {
    const script = `
      fresh(\`<input type="radio" data-seal="blood" value="a"><input type="radio" data-seal="blood" value="b" checked>
        <select multiple data-seal="trips"><option selected>1<option selected>2<option>3</select>
        <select data-seal="one"><option>1<option>2</select>
        <input type="checkbox" data-seal="ok" data-kind="boolean"><textarea data-seal="note"></textarea>\`);
      guardForm(form, sealer); const sizes = [await settled(7)];
      form.querySelector("option:not([selected])").selected = true;
      form.querySelector("select").dispatchEvent(new Event("change", { bubbles: true })); sizes.push(await settled(8));
      sizes.push(entries(form).length - 1, sealer.ready.pool, await settled(8));
      return sizes`;
    assert.deepEqual(await run(script), [7, 8, 8, 0, 8]);
  });

  inBrowser("also if controls come and go, from when a person comes near", async () => {
    const script = `
      fresh(); guardForm(form, sealer); const sizes = [await settled(1)];
      form.insertAdjacentHTML("beforeend", '${inputs(3)}'); form.querySelector("input").focus(); sizes.push(await settled(4));
      for (const control of all("[data-seal=x]")) control.remove();
      form.querySelector("[name=plain]").focus(); sizes.push(await settled(1));
      return sizes`;
    assert.deepEqual(await run(script), [1, 4, 1]);
  });

  inBrowser("for all forms of a sealer together, and none of one that is released", async () => {
    const script = `
      fresh('${inputs(2)}');
      document.body.insertAdjacentHTML("beforeend", '<form id="other">${inputs(4)}</form>');
      const other = document.querySelector("#other");
      const [one, two] = [guardForm(form, sealer), guardForm(other, sealer)]; const sizes = [await settled(7)];
      const sent = [...entries(other), ...entries(form)].map(([, token]) => token).filter((token) => token !== "open");
      sizes.push(new Set(sent.map(enc)).size, sealer.ready.pool, await settled(7));
      two.release(); sizes.push(await settled(3)); one.release(); sizes.push(sealer.ready.pool, await settled(0));
      return sizes`;
    assert.deepEqual(await run(script), [7, 7, 0, 7, 3, 0, 0]);
  });

  inBrowser("for each of two sealers", async () => {
    const script = `
      fresh('${inputs(2)}'); const first = sealer; const firstForm = form;
      const second = createSealer(await loadKeys(args[0], { trust: "origin" }));
      document.body.insertAdjacentHTML("beforeend", '<form id="other">${inputs(4)}</form>');
      const one = guardForm(firstForm, first); guardForm(document.querySelector("#other"), second);
      const sizes = [await settled(3, first), await settled(4, second)];
      one.release(); sizes.push(first.ready.pool, second.ready.pool);
      return sizes`;
    assert.deepEqual(await run(script, KEYS), [3, 4, 0, 4]);
  });
});

describe("one is ready as soon as the keys are", () => {
  inBrowser("for the first sealer alone, and for one value alone", async () => {
    const script = `
      const keys = await loadKeys(args[0], { trust: "origin" });
      const [first, second] = [createSealer(keys), createSealer(keys)];
      const sizes = [first.ready.pool, second.ready.pool];
      const tokens = [first, first, second].map((of) => of.seal("x", { field: "x", kind: "text" }));
      return { sizes, left: first.ready.pool, encs: new Set(tokens.map(enc)).size }`;
    assert.deepEqual(await run(script, KEYS), { sizes: [1, 0], left: 0, encs: 3 });
  });
});

// Of what the forms would seal, one is ready already.
describe("the page waits for a few milliseconds at a stretch", () => {
  inBrowser("for a small number, if the clock does not tell", async () => {
    const script = `
      fresh('${inputs(10)}'); ${IDLE} guardForm(form, sealer);
      const made = [idle(50), idle(50), idle(50)]; return { made, left: queue.length, options: "timeout" in (queue[0]?.[1] ?? { timeout: 1 }) }`;
    assert.deepEqual(await run(script), { made: [4, 4, 2], left: 0, options: true });
  });

  inBrowser("for one, if the browser is never idle", async () => {
    const script = `
      fresh('${inputs(3)}'); ${IDLE} guardForm(form, sealer); const waits = queue[0][1].timeout > 0;
      return { waits, made: [idle(0), idle(0), idle(0)], left: queue.length }`;
    const { waits, made } = await run(script);
    assert.deepEqual([waits, made], [true, [1, 1, 1]]);
  });

  inBrowser("for less, if one takes long or the browser has less time", async () => {
    const script = `
      fresh('${inputs(9)}'); ${IDLE} guardForm(form, sealer);
      return [idle(50, 0.7), idle(50, 1), idle(1, 1), idle(50, 5)]`;
    assert.deepEqual(await run(script), [3, 2, 1, 1]);
  });

  inBrowser("also where there are no idle callbacks", async () => {
    const script = `
      fresh('${inputs(11)}'); delete window.requestIdleCallback; delete Window.prototype.requestIdleCallback;
      window.requestIdleCallback = undefined; guardForm(form, sealer); return settled(12)`;
    assert.equal(await run(script), 12);
  });
});

describe("nothing is left where nobody needs it", () => {
  inBrowser("when the page is left, whatever happens then; all is back when the page is", async () => {
    const script = `
      fresh('${inputs(3)}'); guardForm(form, sealer); const sizes = [await settled(4)];
      const turn = (type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
      form.querySelector("input").focus(); turn("pagehide"); sizes.push(sealer.ready.pool);
      entries(form); sizes.push(await settled(0));
      turn("pageshow"); sizes.push(await settled(4)); return sizes`;
    assert.deepEqual(await run(script), [4, 0, 0, 4]);
  });

  inBrowser("when another key takes over, and what is sealed then is for that key", async () => {
    const script = `
      const keys = await loadKeys(args[0], { trust: "origin" });
      fresh('${inputs(3)}'); const rotating = createSealer(keys); guardForm(form, rotating);
      const sizes = [await settled(4, rotating)]; const kids = [];
      const seal = () => entries(form).slice(1).map(([, token]) => headerOf(token).kid);
      kids.push(...seal()); await settled(4, rotating);
      const { now } = Date; Date.now = () => args[1] * 1000;
      sizes.push(rotating.ready.pool); kids.push(...seal()); sizes.push(await settled(4, rotating));
      kids.push(...seal()); Date.now = now; return { sizes, kids }`;
    const { sizes, kids } = await run(script, rotating(), CHANGE);
    const [old, later] = rotating().keys.map(({ kid }) => kid);
    assert.deepEqual(sizes, [4, 0, 4]);
    assert.deepEqual(kids, [...Array(4).fill(old), ...Array(8).fill(later)]);
  });

  inBrowser("when the keys have expired", async () => {
    const script = `
      const keys = await loadKeys(args[0], { trust: "origin" });
      fresh('${inputs(3)}'); const ending = createSealer(keys); guardForm(form, ending);
      const sizes = [await settled(4, ending)]; Date.now = () => args[1] * 1000; sizes.push(ending.ready.pool);
      return { sizes, sent: entries(form), ok: ending.ready.ok, blocked, after: await settled(0, ending) }`;
    const { keys } = rotating();
    const { sizes, sent, ok, blocked, after } = await run(script, { keys: keys.slice(0, 1) }, CHANGE);
    assert.deepEqual([sizes, sent, ok, after], [[4, 0], [["plain", "open"]], false, 0]);
    assert.equal(blocked[0].code, "key-expired");
  });
});

const CHANGE = Math.floor(Date.now() / 1000) + 3600;

/** Two keys that nobody has the other half of, the second of which takes over from the first. */
function rotating() {
  const keys = [2, 3].map((last) => {
    const pub = Buffer.concat([Buffer.alloc(1184), Buffer.from([last]), Buffer.alloc(31)]).toString("base64url");
    const required = { alg: "HPKE-9", kty: "AKP", pub };
    const kid = createHash("sha256").update(JSON.stringify(required)).digest("base64url");
    const times = last === 2 ? { exp: CHANGE } : { nbf: CHANGE };
    return { ...required, kid, use: "enc", class: "*", ...times };
  });
  return { keys };
}
