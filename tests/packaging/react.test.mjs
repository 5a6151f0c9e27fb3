// `fieldseal/react` in an application that Vite builds, React renders on a server, and Chromium hydrates.
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { Browser, here, inBrowser, Project, serve } from "./support.mjs";

const CARD = "4242424242424242";
const GROUPED = "4242 4242 4242 4242";
const EMAIL = "a.person@example.com";
const SSN = "219-09-9998";

let project;
let browser;
let testing;
let keys;
before(async () => {
  project = new Project();
  // Copied and not linked, so that all of it is found from the project as an application has it.
  for (const name of ["react", "react-dom", "scheduler"]) {
    cpSync(join(here, "node_modules", name), join(project.dir, "node_modules", name), { recursive: true });
  }
  cpSync(join(here, "react"), project.dir, { recursive: true });
  testing = await import(pathToFileURL(join(project.installed, "dist/testing.js")));
  keys = await testing.createTestKeys();
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  project.close();
});

/** Builds the application for the browser or for the server. In development React tells what it does not like. */
const bundle = (mode, folder, more) =>
  build({
    root: project.dir,
    configFile: false,
    // Not its warnings: bundlers for the browser tell that "use client" says nothing to them.
    logLevel: "error",
    mode,
    define: { "process.env.NODE_ENV": JSON.stringify(mode) },
    build: { outDir: folder, emptyOutDir: true, ...more },
  });

/** Serves the application: rendered pages, what was built, the key set, and a place that takes the order. */
async function start(mode) {
  const [client, server] = [`client-${mode}`, `server-${mode}`];
  await bundle(mode, client, { rollupOptions: { input: "client.jsx", output: { entryFileNames: "client.js" } } });
  await bundle(mode, server, { ssr: "server.jsx" });
  const { render } = await import(pathToFileURL(join(project.dir, server, "server.js")));
  const files = await serve([join(project.dir, client)]);
  const shop = { received: [], orders: [], keySets: 0, keysFail: false, render };
  const answer = async (request) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    shop.received.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`, body.toString("latin1"));
    const { pathname } = new URL(request.url, "http://x");
    const head = "<!doctype html><title>shop</title><link rel=icon href=data:,>";
    const html = (text) => ({ type: "text/html", body: head + text });
    if (pathname === "/order") {
      shop.orders.push(body.toString("latin1"));
      return html("<p id=thanks>Thank you</p>");
    }
    if (pathname === "/.well-known/sealed-input") {
      shop.keySets += 1;
      return shop.keysFail ? undefined : { type: "application/jwk-set+json", body: JSON.stringify(keys.jwks) };
    }
    if (/^\/\w*$/.test(pathname)) {
      const props = { page: pathname.slice(1) || "checkout", pin: keys.pin };
      const data = JSON.stringify(props).replaceAll('"', "&quot;");
      const root = `<div id="root" data-props="${data}">${await render(props)}</div>`;
      return html(`${root}<script type="module" src="/client.js"></script>`);
    }
    const file = await fetch(files.origin + pathname);
    if (!file.ok) return undefined;
    return { type: file.headers.get("content-type"), body: Buffer.from(await file.arrayBuffer()) };
  };
  const listener = createServer(async (request, response) => {
    const found = await answer(request);
    response.writeHead(found ? 200 : 404, { "content-type": found?.type ?? "text/plain" }).end(found?.body);
  });
  await new Promise((ready) => listener.listen(0, "127.0.0.1", ready));
  shop.origin = `http://127.0.0.1:${listener.address().port}`;
  shop.close = () => {
    files.close();
    listener.closeAllConnections();
    listener.close();
  };
  return shop;
}

const ready = () => browser.until("return document.forms[0]?.dataset.ready === 'true'");
const type = async (id, text) => {
  await browser.run("document.getElementById(args[0]).focus()", id);
  await browser.keys(text);
};
const press = (id) => browser.run("document.getElementById(args[0]).click()", id);
/** What the console said, but for React's advertisement of its tools. */
const complaints = async () => (await browser.log()).filter((line) => !line.startsWith("INFO "));
/** Waits until an element says this: React renders a little later. */
const says = (id, words) =>
  browser.until(`return document.getElementById("${id}").textContent === ${JSON.stringify(words)}`);
const text = (id) => browser.run("return document.getElementById(args[0]).textContent", id);

for (const mode of ["development", "production"]) {
  describe(`an application built for ${mode}`, () => {
    const times = mode === "development" ? 2 : 1;
    let shop;
    before(async () => (shop = await start(mode)));
    after(() => shop.close());
    beforeEach(async () => {
      Object.assign(shop, { received: [], orders: [], keySets: 0, keysFail: false });
      await browser?.log();
    });

    const open = async (page = "", wait = true) => {
      await browser.open(`${shop.origin}/${page}`);
      if (wait) await ready();
    };

    test("renders on a server without the browser's objects, the module or the network", async () => {
      const touched = [];
      const names = ["window", "customElements", "HTMLElement", "WebAssembly", "fetch", "location", "localStorage"];
      const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
      for (const name of names) {
        Object.defineProperty(globalThis, name, { configurable: true, get: () => void touched.push(name) });
      }
      let html;
      try {
        html = await shop.render({ page: "checkout", pin: keys.pin });
      } finally {
        for (const [name, own] of before) {
          if (own) Object.defineProperty(globalThis, name, own);
          else Reflect.deleteProperty(globalThis, name);
        }
      }
      assert.deepEqual(touched, []);
      const tag = /<sealed-input[^>]*>/.exec(html)[0];
      const found = [...tag.matchAll(/ ([\w-]+)="([^"]*)"/g)];
      const attributes = Object.fromEntries(found.map(([, name, value]) => [name, value]));
      const wanted = { id: "ssn", class: "wide", name: "ssn", kind: "us-ssn", hint: "valid", trust: "sealer" };
      assert.deepEqual({ ...attributes, required: undefined }, { ...wanted, required: undefined });
      assert.ok("required" in attributes);
      assert.match(html, /<input[^>]* data-seal="card"/);
      assert.match(html, /data-ready="false"/);
      assert.equal(shop.keySets, 0);
    });

    inBrowser("seals what a person types, and sends nothing else", async () => {
      await open();
      await type("card", CARD);
      assert.equal(await browser.run("return document.getElementById('card').value"), GROUPED);
      await says("seen", GROUPED);
      await type("email", EMAIL);
      await type("ssn", SSN);
      const found = await browser.run(`
        const form = document.forms[0];
        const alerts = form.querySelectorAll("[role=alert]").length;
        return { noted, error: form.dataset.error, alerts, markup: form.outerHTML };`);
      // In development StrictMode mounts everything twice.
      assert.deepEqual(found.noted.mounted, Array(times).fill("sealed-input"));
      // Once ready the guard stays, however often the component renders.
      assert.deepEqual([found.noted.ready.at(-1), found.noted.ready.filter(Boolean).length], [true, 1]);
      assert.deepEqual(new Set(found.noted.change), new Set(["•••"]));
      assert.equal(found.noted.change.length, SSN.length);
      assert.deepEqual([found.error, found.alerts], [undefined, 0].map((value) => value ?? null));
      assert.ok(!found.markup.includes(SSN) && !found.markup.includes(EMAIL));
      await press("pay");
      await browser.until("return document.getElementById('thanks')?.textContent");

      assert.equal(shop.keySets, 1);
      assert.equal(shop.orders.length, 1);
      const tokens = new URLSearchParams(shop.orders[0]);
      assert.deepEqual([...tokens.keys()].sort(), ["card", "email", "quantity", "ssn"]);
      const opened = await testing.openEntries(shop.orders[0], keys);
      assert.deepEqual({ ...opened }, { card: CARD, email: EMAIL, ssn: SSN.replaceAll("-", ""), quantity: "1" });
      const card = testing.headerOf(tokens.get("card"));
      assert.deepEqual([card.kind, card.iss, card.exp - card.iat], ["card-number", shop.origin, 3600]);
      assert.deepEqual(testing.headerOf(tokens.get("ssn")).hint, { valid: true });
      const all = shop.received.join("\n");
      const texts = [CARD, GROUPED, GROUPED.replaceAll(" ", "+"), EMAIL, SSN, SSN.replaceAll("-", "")];
      for (const clear of texts.flatMap((text) => [text, encodeURIComponent(text)])) {
        assert.ok(!all.includes(clear), clear);
      }
      assert.deepEqual(await complaints(), []);
    });

    inBrowser("tells a person what is wrong, and sends nothing", async () => {
      await open();
      await type("card", "4242424242424241");
      await type("ssn", "666-12-3456");
      await press("pay");
      const found = await browser.run(`
        const [card, ssn] = ["card", "ssn"].map((id) => document.getElementById(id));
        const marked = card.getAttribute("aria-invalid");
        return { card: card.validationMessage, marked, ssn: ssn.validationMessage };`);
      assert.ok(found.card.length > 10 && found.ssn.length > 10, JSON.stringify(found));
      assert.equal(found.marked, "true");
      await says("said", "range");
      await browser.run("document.getElementById('ssn').value = ''");
      await type("ssn", SSN);
      await says("said", "");
      assert.equal(shop.orders.length, 0);
      assert.deepEqual(await complaints(), []);
    });

    inBrowser("hears of what fillIn fills in", async () => {
      await open();
      const fill = "for (const [id, text] of args) fillIn(document.getElementById(id), text)";
      await browser.run(fill, ["card", CARD], ["ssn", SSN]);
      await says("seen", GROUPED);
      const found = await browser.run("return [document.forms[0].checkValidity(), noted.change]");
      assert.deepEqual(found, [true, ["•••"]]);
    });

    inBrowser("lets go of a form that unmounts, and guards the next", async () => {
      await open();
      await type("ssn", SSN);
      const names = (form) => `[...new FormData(${form}).keys()].sort()`;
      await browser.run("window.first = document.forms[0]");
      const held = await browser.run(`return ${names("first")}`);
      await press("toggle");
      const gone = await browser.run(`return [document.forms.length, ${names("first")}]`);
      await press("toggle");
      await ready();
      const again = await browser.run(`return [document.forms[0] === first, ${names("document.forms[0]")}, noted]`);
      assert.deepEqual(held, ["card", "email", "quantity", "ssn"]);
      assert.deepEqual(gone, [0, ["quantity"]]);
      assert.deepEqual(again.slice(0, 2), [false, held]);
      const { mounted, unmounted } = again[2];
      assert.deepEqual([mounted.length, unmounted.length], [2 * times, 2 * times - 1]);
      assert.equal(await browser.run("return document.forms[0].dataset.error ?? null"), null);
      // The keys are the page's, and the next form finds them there.
      assert.equal(shop.keySets, 1);
      await browser.run("app.unmount()");
      assert.deepEqual(await complaints(), []);
    });

    inBrowser("says what stopped a submission, before the application's own handler", async () => {
      await open("fetching");
      await type("card", "4242");
      await press("pay");
      await says("blocked", "value-invalid card");
      assert.equal(await text("message"), "value-invalid 3600");
      assert.deepEqual(await browser.run("return globalThis.noted?.submitted ?? []"), []);
      await type("card", CARD.slice(4));
      await press("pay");
      const [entries] = await browser.run("return noted.submitted");
      assert.deepEqual(
        entries.map(([name]) => name),
        ["quantity", "card"],
      );
      await says("blocked", "");
      assert.equal(await text("message"), "");
    });

    inBrowser("gives an action what is sealed, and nothing of what was stopped", async () => {
      await open("action");
      await type("card", "4242");
      await press("pay");
      await says("blocked", "value-invalid");
      await type("card", CARD.slice(4));
      await press("pay");
      const submitted = await browser.until("return globalThis.noted?.submitted");
      assert.equal(submitted.length, 1);
      assert.deepEqual({ ...(await testing.openEntries(submitted[0], keys)) }, { card: CARD, quantity: "1" });
      // React has emptied the form, as a browser would have left it.
      await browser.until("return document.getElementById('card').value === ''");
      assert.deepEqual(await complaints(), []);
    });

    inBrowser("asks for the consent of the latest render", async () => {
      await open("fetching");
      await type("card", CARD);
      const purpose = async () => {
        await press("pay");
        return testing.headerOf(await browser.run("return noted.submitted.at(-1)[1][1]")).consent.purpose;
      };
      assert.equal(await purpose(), "billing");
      await press("agree");
      assert.equal(await purpose(), "billing surveys");
    });

    inBrowser("takes up other options, and keeps the form shut with wrong ones or without a sealer", async () => {
      await open("fetching");
      await type("card", CARD);
      const lifetime = async () => {
        await press("pay");
        const { exp, iat } = testing.headerOf(await browser.run("return noted.submitted.at(-1)[1][1]"));
        return exp - iat;
      };
      assert.equal(await lifetime(), 3600);
      await press("shorter");
      await ready();
      assert.equal(await lifetime(), 60);
      await press("wrong");
      assert.equal(await browser.until("return document.forms[0].dataset.error"), "option-invalid");
      await press("pay");
      await says("blocked", "option-invalid ");
      await press("later");
      await press("pay");
      await says("blocked", "sealer-pending ");
      assert.equal(await browser.run("return document.forms[0].dataset.error ?? null"), null);
      assert.equal(await browser.run("return noted.submitted.length"), 2);
    });

    inBrowser("keeps the form shut without keys, and asks for them again when it mounts anew", async () => {
      shop.keysFail = true;
      await open("fetching", false);
      assert.equal(await browser.until("return document.forms[0]?.dataset.error"), "keyset-unreachable");
      await type("card", CARD);
      await press("pay");
      await says("blocked", "keyset-unreachable ");
      assert.deepEqual(await browser.run("return globalThis.noted?.submitted ?? []"), []);
      shop.keysFail = false;
      await press("toggle");
      await press("toggle");
      await ready();
      await type("card", CARD);
      await press("pay");
      assert.equal(await browser.run("return noted.submitted.length"), 1);
    });
  });
}

test("the entry is marked for clients, and leaves React to the application", () => {
  const scripts = readdirSync(join(project.installed, "dist")).filter((name) => name.endsWith(".js"));
  const read = (name) => readFileSync(join(project.installed, "dist", name), "utf8");
  const texts = Object.fromEntries(scripts.map((name) => [name, read(name)]));
  assert.match(texts["react.js"], /^"use client";/);
  const importing = scripts.filter((name) => /from\s*"react"/.test(texts[name]));
  assert.deepEqual(importing, ["react.js"]);
  assert.ok(scripts.every((name) => !/react\.(?:production|development)|__CLIENT_INTERNALS/.test(texts[name])));
});
