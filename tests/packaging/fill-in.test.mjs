// `fillIn` of `fieldseal/testing` fills in a control as a person would, or says that a person could not.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { Browser, here, inBrowser, Project, serve } from "./support.mjs";

let project;
let browser;
let server;
before(async () => {
  project = new Project();
  server = await serve([join(here, "pages"), join(project.installed, "dist")]);
  browser = await Browser.start();
  if (browser) assert.equal(await browser.result(`${server.origin}/fill-in.html`), "ready");
});
after(async () => {
  await browser?.close();
  server.close();
  project.close();
});

const fill = (id, text) => browser.run("return fill(...args)", id, text);

describe("it fills in", () => {
  const typed = (text) => ["input", "change"].map((type) => [type, type === "input" ? text : null]);
  const cases = {
    text: ["a b", "a b", typed("a b")],
    area: ["a\nb", "a\nb", typed("a\nb")],
    date: ["2026-04-30", "2026-04-30", typed("2026-04-30")],
    number: ["-1.5", "-1.5", typed("-1.5")],
    select: ["b", "b", typed(null)],
    sealed: ["DE89 3704 0044 0532 0130 00", "•••", typed("DE89 3704 0044 0532 0130 00")],
    // The change of what is inside does not leave a shadow tree.
    open: ["a", "a", [["input", "a"]]],
  };
  for (const [id, [text, value, events]] of Object.entries(cases)) {
    inBrowser(id, async () => {
      const wanted = events.map(([type, data]) => [type, id, data]);
      assert.deepEqual(await fill(id, text), { value, events: wanted });
      assert.equal((await fill(id, "")).value, "");
    });
  }
});

describe("it refuses", () => {
  const cases = {
    "a checkbox": ["checkbox", "x1"],
    "a radio button": ["radio", "x1"],
    "a file": ["file", "a.pdf"],
    "a hidden input": ["hidden", "x1"],
    "a button": ["button", "x1"],
    "what is read-only": ["readonly", "x1"],
    "what is disabled": ["disabled", "x1"],
    "what is in a disabled group": ["inside", "x1"],
    "an element that is disabled": ["shut", "x1"],
    "an option that is not there": ["select", "unheard-of"],
    "a date that is none": ["date", "30.04.2026"],
    "a number that is none": ["number", "twelve"],
    "what has no value": ["div", "x1"],
  };
  for (const [name, [id, text]] of Object.entries(cases)) {
    inBrowser(name, async () => {
      assert.deepEqual(await fill(id, text), { code: "option-invalid", member: "element", events: [], told: false });
    });
  }
});
