// What the guard's JavaScript does around the module, in Chromium: how it comes and goes, what it takes out of a form
// whatever happens, and what it tells the person. What is sealed inside is tested in tests/web and tests/e2e.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { Browser, here, inBrowser, KEYS, Project, serve } from "./support.mjs";

/** What is typed into every form; pages/guard.js has it too. */
const CLEAR = "4242 4242 4242 4242";
let project;
let browser;
let server;
before(async () => {
  project = new Project();
  project.write("plain/keys.json", JSON.stringify(KEYS));
  server = await serve([join(here, "pages"), join(project.dir, "plain"), join(project.installed, "dist")]);
  browser = await Browser.start();
  if (browser) assert.equal(await browser.result(`${server.origin}/guard.html`), "ready");
});
after(async () => {
  await browser?.close();
  server.close();
  project.close();
});

const run = (script) => browser.run(script);
const plain = [["plain", "open"]];

describe("a guard comes and goes", () => {
  inBrowser("seals what a form submits, and says so in no other way", async () => {
    const found = await run(
      "fresh(); guardForm(form, sealer); send(); return { submitted, blocked, html: form.outerHTML }",
    );
    assert.deepEqual(
      found.submitted.map(([name]) => name),
      ["plain", "card"],
    );
    assert.equal(found.submitted[1][1].split(".").length, 5);
    assert.deepEqual(found.blocked, []);
    assert.doesNotMatch(found.html, /role=/);
  });

  inBrowser("is one for a form, until it is released", async () => {
    const script = `
      fresh(); const guard = guardForm(form, sealer);
      const twice = codeOf(() => guardForm(form, sealer));
      guard.release(); guard.release();
      const bare = entries(form);
      const again = guardForm(form, sealer); const sealed = entries(form); again.release();
      return { twice, bare, sealed: sealed.length, after: entries(form) }`;
    const { twice, bare, sealed, after } = await run(script);
    assert.deepEqual(twice, ["form-already-guarded", null, true]);
    assert.deepEqual([bare, sealed, after], [plain, 2, plain]);
  });

  inBrowser("gives radio buttons a name, and takes it back", async () => {
    const script = `
      fresh('<input type="radio" data-seal="blood" value="a"><input type="radio" data-seal="blood" value="b" checked>');
      const names = () => [...form.querySelectorAll("[type=radio]")].map((radio) => radio.getAttribute("name"));
      const guard = guardForm(form, sealer); const during = names(); const sent = entries(form).map(([name]) => name);
      guard.release(); return { during, sent, after: names() }`;
    const { during, sent, after } = await run(script);
    assert.deepEqual(during, ["fieldseal:blood", "fieldseal:blood"]);
    assert.deepEqual(sent, ["plain", "card", "blood"]);
    assert.deepEqual(after, [null, null]);
  });

  inBrowser("groups radio buttons that came later before one is pressed, through its label too", async () => {
    const script = `
      fresh(); guardForm(form, sealer);
      form.insertAdjacentHTML("afterbegin", \`<label>a<input type="radio" data-seal="blood" value="a" checked></label>
        <label id="b"><span>b</span><input type="radio" data-seal="blood" value="b"></label>\`);
      form.querySelector("#b span").dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, composed: true }));
      form.querySelector("#b span").click();
      return [...form.querySelectorAll("[type=radio]")].map((radio) => radio.checked)`;
    assert.deepEqual(await run(script), [false, true]);
  });

  inBrowser("stays when the page lets go of its handle and memory is collected", async () => {
    await run("fresh(); guardForm(form, sealer); window.sealer = undefined;");
    for (let i = 0; i < 3; i += 1) {
      await browser.collectGarbage();
      await run("await new Promise((later) => setTimeout(later, 50))");
    }
    assert.deepEqual(
      (await run("return entries(form)")).map(([name]) => name),
      ["plain", "card"],
    );
  });

  inBrowser("prepares ahead while the browser is idle, and wipes that when the page is left", async () => {
    const script = `
      fresh('<input data-seal="mail" data-kind="email">'); const guard = guardForm(form, sealer);
      const pool = async (size) => {
        for (let i = 0; i < 200 && sealer.ready.pool !== size; i++) await pause(20);
        return sealer.ready.pool;
      };
      const sizes = [await pool(2)];
      dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })); sizes.push(sealer.ready.pool);
      dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })); sizes.push(await pool(2));
      entries(form); sizes.push(sealer.ready.pool, await pool(2));
      guard.release(); sizes.push(sealer.ready.pool);
      return sizes`;
    assert.deepEqual(await run(script), [2, 0, 2, 0, 2, 0]);
  });

  inBrowser("refuses what is no guard, and leaves the form as it was", async () => {
    const script = `
      fresh(); const codes = [
        codeOf(() => guardForm(null, sealer)), codeOf(() => guardForm(document.body, sealer)), codeOf(() => guardForm(form)),
        codeOf(() => guardForm(form, {})),
        codeOf(() => guardForm(form, sealer, { lifetme: 1 })),
        codeOf(() => guardForm(form, sealer, { lifetime: -1 })),
        codeOf(() => guardForm(form, sealer, { fields: { card: { exp: 1n } } })),
        codeOf(() => guardForm(form, sealer, { fields: { card: { onse: true } } })),
        codeOf(() => guardForm(form, sealer, { fields: { card: { field: "other" } } })),
      ];
      return { codes, clear: entries(form), good: codeOf(() => guardForm(form, sealer)) ?? "guarded" }`;
    const { codes, clear, good } = await run(script);
    const members = ["form", "form", "sealer", "sealer", null, "lifetime", null, null, "fields"];
    assert.deepEqual(
      codes,
      members.map((member) => ["option-invalid", member, true]),
    );
    assert.deepEqual([clear, good], [plain, "guarded"]);
  });

  inBrowser("writes its options into the tokens", async () => {
    const script = `
      fresh('<input data-seal="mail" data-kind="email">');
      const card = { exp: new Date("2031-02-03"), once: true, hint: ["last4"] };
      guardForm(form, sealer, { sub: "person-1", consent: { purpose: "billing" }, lifetime: 60, fields: { card } });
      return entries(form).slice(1).map(([, token]) => headerOf(token))`;
    const [card, mail] = await run(script);
    assert.deepEqual(
      [card.sub, card.exp, card.once, card.hint, card.consent],
      ["person-1", 1927843200, true, { last4: "4242" }, { purpose: "billing" }],
    );
    assert.deepEqual(
      [mail.sub, mail.exp - mail.iat, mail.once, mail.hint, mail.consent],
      ["person-1", 60, undefined, undefined, { purpose: "billing" }],
    );
  });
});

describe("a promise of a sealer", () => {
  const named = '<input name="cvc" data-seal="cvc" value="4242 4242 4242 4242">';

  inBrowser("guards from the first moment", async () => {
    const script = `
      fresh('${named}'); let keep; const guard = guardForm(form, new Promise((ready) => (keep = ready)));
      send();
      const alert = form.querySelector("[role=alert].fieldseal-message")?.textContent;
      const during = { submitted, blocked: [...blocked], entries: entries(form), alert };
      keep(sealer); await guard.ready; send();
      return { during, submitted: submitted.map(([name]) => name), left: form.querySelectorAll("[role=alert]").length }`;
    const { during, submitted, left } = await run(script);
    assert.deepEqual(
      [during.submitted, during.blocked, during.entries],
      [null, [{ code: "sealer-pending", field: "" }], plain],
    );
    assert.ok(during.alert.length > 20);
    assert.deepEqual([submitted, left], [["plain", "card", "cvc"], 0]);
  });

  inBrowser("that is broken keeps the form shut for good, and says why", async () => {
    const script = `
      fresh('${named}'); const guard = guardForm(form, loadKeys("http://127.0.0.1:9/", { trust: "origin" }).then(createSealer));
      const code = await guard.ready.catch((error) => error.code); send();
      return { code, submitted, blocked, entries: entries(form) }`;
    const { code, submitted, blocked, entries } = await run(script);
    assert.deepEqual([code, submitted, entries], ["keyset-unreachable", null, plain]);
    assert.equal(blocked[0].code, "keyset-unreachable");
  });

  inBrowser("that is broken by the page's own code tells nothing of what that threw", async () => {
    const script = `
      fresh(); const thrown = Object.assign(new Error(CLEAR), { code: CLEAR, member: CLEAR });
      const guard = guardForm(form, Promise.reject(thrown), { describe: (error) => error.message + error.stack });
      const error = await guard.ready.catch((error) => error); send();
      return JSON.stringify([error.code, error.message, error.stack, blocked, form.textContent])`;
    const found = await run(script);
    assert.match(found, /seal-failed/);
    assert.ok(!found.includes(CLEAR));
  });

  inBrowser("with a mistake in the options keeps the form shut", async () => {
    const script = `
      fresh(); const guard = guardForm(form, Promise.resolve(sealer), { lifetme: 1 });
      const code = await guard.ready.catch((error) => error.code); send(); return { code, submitted, blocked }`;
    assert.deepEqual(await run(script), {
      code: "option-invalid",
      submitted: null,
      blocked: [{ code: "option-invalid", field: "" }],
    });
  });

  inBrowser("that comes after the release changes nothing", async () => {
    const script = `
      fresh(); let keep; const guard = guardForm(form, new Promise((ready) => (keep = ready)));
      guard.release(); keep(sealer); await guard.ready; send(); return { submitted, pool: sealer.ready.pool }`;
    assert.deepEqual(await run(script), { submitted: plain, pool: 0 });
  });
});

describe("no clear value gets out", () => {
  const clear = `value="${CLEAR}"`;
  const cases = {
    "of a control with a name": `<input name="number" data-seal="number" ${clear}>`,
    "of an ordinary control with the entry's name": `<input name="card" ${clear}>`,
    "of a control that names the direction of its text": `<input name="note" data-seal="note" dirname="note.dir" ${clear}>`,
    "of a kind that is not in the catalogue": `<input name="note" data-seal="note" data-kind="nonsense" ${clear}>`,
    "of a kind that is for whole forms": `<input name="note" data-seal="note" data-kind="general-form" ${clear}>`,
    "of a control that has an empty entry name": `<input name="note" data-seal="" ${clear}>`,
    "of a file": '<input type="file" name="scan" data-seal="scan">',
    "of a button": `<button name="go" data-seal="go" ${clear}>go</button>`,
    "beside controls that are called like the form's properties": `<input name="note" data-seal="note" ${clear}>
      <input name="elements"><input name="dispatchEvent"><input name="ownerDocument"><input name="append">`,
    "of a custom element that submits under names of its own": "<fancy-input data-seal=fancy></fancy-input>",
  };
  for (const [name, html] of Object.entries(cases)) {
    inBrowser(name, async () => {
      const script = `
        fresh(${JSON.stringify(html)});
        const listen = () => { try { guardForm(form, sealer); } catch { return "not guarded"; } };
        return { state: listen(), entries: entries(form), again: [...new FormData(form, form.querySelector("button"))] }`;
      const found = await run(script);
      assert.equal(found.state, null);
      assert.ok(!JSON.stringify([found.entries, found.again]).includes(CLEAR), JSON.stringify(found.entries));
      assert.ok(found.entries.every(([entry]) => entry !== "note.dir"));
    });
  }

  inBrowser("and controls that are called like the form's properties keep no other from being sealed", async () => {
    const script = `
      fresh('<input data-seal="note" value="x"><input name="elements"><input name="length"><input name="formData">');
      guardForm(form, sealer);
      return names(form)`;
    assert.deepEqual(await run(script), ["plain", "elements", "length", "formData", "card", "note"]);
  });

  inBrowser("when there is no randomness", async () => {
    const script = `
      fresh('<input name="note" data-seal="note" ${clear}>'); guardForm(form, sealer);
      crypto.getRandomValues = () => { throw new Error(CLEAR); };
      try {
        send();
        const sent = entries(form);
        return { submitted, sent, blocked, alert: form.querySelector("[role=alert]").textContent };
      } finally { delete crypto.getRandomValues; }`;
    const { submitted, sent, blocked, alert } = await run(script);
    assert.deepEqual([submitted, sent], [null, plain]);
    assert.equal(blocked[0].code, "randomness-unavailable");
    assert.ok(!alert.includes(CLEAR));
  });
});

describe("consent", () => {
  const boxes = `<label><input type="checkbox" data-consent="newsletter"></label>
    <label><input type="checkbox" data-consent="surveys"></label><input type="checkbox" id="other">`;
  const asked = `const ask = (form) => ({ purpose: fieldseal.consentedTo(form), notice: "2026-04" });
    const tick = (name, is) => { form.querySelector("[data-consent=" + name + "]").checked = is; };
    const consents = (entries) => entries.slice(1).map(([, token]) => headerOf(token).consent);`;

  inBrowser("is that of the boxes which are ticked when the form is submitted, in whatever way", async () => {
    const script = `
      fresh('<input type="radio" data-seal="blood" value="a" checked>${boxes.replaceAll("\n", "")}'); ${asked}
      guardForm(form, sealer, { consent: ask });
      const found = [];
      tick("newsletter", true); send(); found.push(...consents(submitted));
      tick("surveys", true); form.requestSubmit(); found.push(...consents(submitted));
      tick("newsletter", false); found.push(...consents(entries(form)));
      form.reset(); send(); found.push(...consents(submitted));
      return { purposes: found.map(({ purpose }) => purpose), notices: new Set(found.map(({ notice }) => notice)).size, blocked }`;
    const twice = (purpose) => [purpose, purpose];
    const { purposes, notices, blocked } = await run(script);
    assert.deepEqual(purposes, ["newsletter", "newsletter surveys", "surveys", ""].flatMap(twice));
    assert.deepEqual([notices, blocked], [1, []]);
  });

  inBrowser("that is not given is none, and what is sealed goes without", async () => {
    const script = `
      fresh(); guardForm(form, sealer, { consent: () => undefined }); send();
      return submitted.slice(1).map(([, token]) => "consent" in headerOf(token))`;
    assert.deepEqual(await run(script), [false]);
  });

  inBrowser("has a date in seconds", async () => {
    const script = `
      fresh(); const consent = { purpose: "a", time: new Date("2026-04-05T00:00:00Z") };
      guardForm(form, sealer, { consent }); send();
      return [headerOf(submitted[1][1]).consent, headerOf(sealer.seal("x", { field: "f", kind: "text", consent })).consent]`;
    const sealed = { purpose: "a", time: 1775347200 };
    assert.deepEqual(await run(script), [sealed, sealed]);
  });

  inBrowser("that cannot be had stops the submission, and nothing goes out in clear", async () => {
    const script = `
      fresh(); let ask = () => ({ purpose: "a" });
      const guard = guardForm(form, sealer, { consent: (form) => ask(form) });
      const found = [];
      for (const bad of [() => { throw new Error(CLEAR); }, async () => ({ purpose: "a" }), () => ({}), () => null,
                         () => ({ purpose: "a", time: NaN })]) {
        ask = bad; window.submitted = "stopped"; blocked.length = 0;
        send();
        const sent = entries(form);
        found.push({ submitted, sent, told: blocked.map(({ code }) => code), alert: form.querySelector("[role=alert]").textContent });
      }
      ask = () => ({ purpose: "b" }); send();
      const purpose = headerOf(submitted[1][1]).consent.purpose;
      guard.release();
      return { found, purpose, bare: entries(form), again: codeOf(() => guardForm(form, sealer, { consent: () => ({}) })) }`;
    const { found, purpose, bare, again } = await run(script);
    assert.equal(found.length, 5);
    for (const { submitted, sent, told, alert } of found) {
      assert.deepEqual([submitted, sent, told], ["stopped", plain, ["option-invalid", "option-invalid"]]);
      assert.ok(!alert.includes(CLEAR));
    }
    assert.deepEqual([purpose, bare], ["b", plain]);
    assert.deepEqual(again, ["option-invalid", "consent", true]);
  });

  inBrowser("that changes between two listeners is nobody's, and stops the submission", async () => {
    const script = `
      fresh('${boxes.replaceAll("\n", "")}'); ${asked}
      guardForm(form, sealer, { consent: ask });
      const late = () => tick("newsletter", true);
      document.body.addEventListener("submit", late, true);
      try { window.submitted = "stopped"; send(); } finally { document.body.removeEventListener("submit", late, true); }
      const first = submitted; send();
      return { first, blocked, second: consents(submitted) }`;
    const { first, blocked, second } = await run(script);
    assert.deepEqual([first, blocked], ["stopped", [{ code: "option-invalid", field: "" }]]);
    assert.deepEqual(second, [{ purpose: "newsletter", notice: "2026-04" }]);
  });

  inBrowser("is asked for in a shadow tree, and by a form that joins the page later", async () => {
    const script = `
      fresh(); ${asked}
      const inner = '<form><input data-seal="card" value="x"><input type="checkbox" data-consent="newsletter"></form>';
      const host = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
      host.innerHTML = inner;
      const apart = document.createElement("form"); apart.innerHTML = inner.slice(6, -7);
      const found = [];
      for (const one of [host.firstChild, apart]) {
        guardForm(one, sealer, { consent: ask });
        if (!one.isConnected) document.body.append(one);
        one.querySelector("[data-consent]").checked = true;
        found.push(entries(one).map(([, token]) => headerOf(token).consent.purpose));
      }
      return { found, blocked }`;
    assert.deepEqual(await run(script), { found: [["newsletter"], ["newsletter"]], blocked: [] });
  });
});

describe("the person is told", () => {
  const broken = '<input data-seal="note" data-kind="nonsense">';

  inBrowser("in an alert at the form's end, which goes when the form is sent", async () => {
    const script = `
      fresh('${broken}'); guardForm(form, sealer); send(); send();
      const alerts = all("[role=alert]");
      const last = form.lastElementChild === alerts[0];
      const found = { count: alerts.length, last, text: alerts[0].textContent, blocked };
      form.querySelector("[data-kind=nonsense]").dataset.kind = "text"; send();
      return { ...found, submitted: submitted.length, left: form.querySelectorAll("[role=alert]").length }`;
    const { text, blocked, ...rest } = await run(script);
    assert.deepEqual(rest, { count: 1, last: true, submitted: 3, left: 0 });
    assert.match(text, /could not be sealed/);
    assert.deepEqual(blocked[0], { code: "kind-unknown", field: "note" });
  });

  inBrowser("in an element of the page's own, in words of its own, as text and not as markup", async () => {
    const script = `
      fresh('${broken}<p id="place" role="alert"></p>'); const place = form.querySelector("#place");
      const guard = guardForm(form, sealer, { message: place, describe: (error) => "<b>" + error.code + "</b>" }); send();
      const text = place.textContent; const children = place.children.length; guard.release();
      return { text, children, after: place.textContent }`;
    assert.deepEqual(await run(script), { text: "<b>kind-unknown</b>", children: 0, after: "" });
  });

  inBrowser("even if the page's own words fail", async () => {
    const script = `
      fresh('${broken}'); guardForm(form, sealer, { describe() { throw new Error("no words"); } }); send();
      return { submitted, text: form.querySelector("[role=alert]").textContent }`;
    const { submitted, text } = await run(script);
    assert.equal(submitted, null);
    assert.match(text, /could not be sealed/);
  });
});
