// The types as a strict application sees them: what is right compiles, what is wrong does not, in both ways in which
// compilers of today resolve a package.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { here, Project } from "./support.mjs";
import { ENTRIES } from "./types.entries.mjs";

/** Everything that the package offers, used as its documentation says. */
const RIGHT = `
import {
  consentedTo, createSealer, FieldsealError, guardForm, loadKeys,
  type AskConsent, type BlockedEvent, type Consent, type DataClass, type EntryOptions, type ErrorCode, type FormGuard, type FormOptions,
  type GuardOptions, type HintOf, type Hints, type InvalidEvent, type JwkSet, type Keys, type Kind, type LoadOptions,
  type Messages, type Plain, type Ready, type Reason, type Sealable, type Sealed, type SealedForm, type Sealer,
  type SealerOptions, type SealOptions, type SignerJwk, type Trust, useMessages,
} from "fieldseal";
import { loadKeys as loadInline } from "fieldseal/inline";

const signer: SignerJwk = { kty: "OKP", crv: "Ed25519", x: "", kid: "", alg: "Ed25519", use: "sig" };
const trusts: Trust[] = [{ pin: ["x"] }, { signer }, "origin"];
const set: JwkSet = { keys: [{ kty: "AKP", kid: "x" }] };
const options: LoadOptions = { trust: trusts[0]!, signal: undefined };

export async function load(url: URL): Promise<Keys> {
  const address = "https://keys.shop.example/.well-known/sealed-input";
  const keys = await loadKeys(address, { trust: { signer }, signal: AbortSignal.timeout(1) });
  await loadKeys(url, options);
  await loadInline(set, { trust: "origin" });
  const thumbprints: readonly string[] = keys.thumbprints;
  const end: Date | undefined = keys.expires;
  console.log(thumbprints, end);
  return keys;
}

export function seal(keys: Keys, given: SealerOptions): SealedForm {
  const sealer: Sealer = createSealer(keys, given);
  const values: Sealable[] = ["text", 1, true, null, ["a", [1]], { a: { b: null } }];
  const hint: readonly HintOf<"card-number">[] = ["brand", "last4"];
  const kind: Kind = "card-number";
  const consent: Consent = { purpose: "newsletter surveys", notice: "2026-04", time: new Date() };
  const flat: Plain = { notice: "2026-04", version: 3, renewed: false };
  const sealing: SealOptions<"card-number"> = {
    field: "card", kind, sub: "person-1", exp: new Date(), once: true, hint, consent, check: false,
  };
  const card: Sealed<"card-number"> = sealer.seal("4242", { field: "card", kind: "card-number", hint: ["bin"] });
  const licence: Sealed = sealer.seal("A1234567", { field: "licence", kind: "drivers-licence", region: "US-CA" });
  const hints: Hints["iban"][] = ["country", "last4"];
  console.log(card.length, licence.length, hints, flat);
  const tokens: string[] = values.map((value) => sealer.seal(value, { ...sealing, sub: undefined, exp: 1 }));
  const ready: Ready = sealer.ready;
  console.log(tokens, ready.ok, ready.expires?.toISOString(), ready.pool.toFixed());
  const form: FormOptions = {
    field: "checkout", kinds: { card: kind, mail: "email" }, hints: { card: ["last4"] }, regions: { card: "US" },
    check: true,
  };
  const sealed = sealer.sealForm({ card: "4242", mail: "a@b" }, form);
  const classes: DataClass[] = ["payment", "contact"];
  for (const name of classes) { const token: string | undefined = sealed[name]; console.log(token); }
  return sealed;
}

export function guard(form: HTMLFormElement, sealer: Sealer, message: HTMLElement): FormGuard {
  const card: EntryOptions = { exp: new Date(), once: true, hint: ["last4"], region: "US", check: true };
  const options: GuardOptions = {
    sub: "person-1", consent: { purpose: "newsletter", time: 1795477931 }, lifetime: 3600, fields: { card, cvc: { exp: undefined } }, message,
    check: true, messages: { lang: "de", blocked: "Nicht gesendet." },
    describe: (error) => (error.code === "key-expired" ? "Bitte laden Sie die Seite neu." : error.message),
  };
  const blocked = (event: BlockedEvent) => console.log(event.detail.code, event.detail.field);
  form.addEventListener("fieldseal:blocked", blocked);
  document.addEventListener("fieldseal:blocked", (event) => blocked(event));
  window.addEventListener("fieldseal:blocked", (event) => console.log(event.detail.code.length));
  const invalid = ({ detail }: InvalidEvent) => console.log(detail.field, detail.reason, detail.message);
  form.addEventListener("fieldseal:invalid", invalid);
  guardForm(form, Promise.resolve(sealer)).ready.then(() => undefined);
  const ask: AskConsent = (asked) => (asked.checkValidity() ? { purpose: consentedTo(asked) } : undefined);
  return guardForm(form, sealer, { ...options, consent: ask });
}

const reason: Reason = "check-digit";
const own: Messages = {
  lang: "fr", required: "…", reasons: { [reason]: "…" }, kinds: { payment: { iban: { format: "…" } } },
};
useMessages(own, { lang: "es" });

export function tell(error: unknown): ErrorCode | undefined {
  if (!(error instanceof FieldsealError)) return undefined;
  const name: "FieldsealError" = error.name;
  const member: string | undefined = error.member;
  console.log(name, member, new FieldsealError("some-later-code"));
  switch (error.code) {
    case "keyset-unreachable":
    case "wasm-unavailable":
    case "sealer-pending":
      return "key-expired";
    default:
      return error.code;
  }
}
`;

/** One mistake a line; each must be an error, or the types are too wide. */
const WRONG = {
  "loadKeys without trust": 'loadKeys("https://a.example");',
  "a misspelt trust": 'loadKeys("https://a.example", { trust: "orgin" });',
  "a pin that is no array": 'loadKeys("https://a.example", { trust: { pin: "x" } });',
  "a misspelt pin": 'loadKeys("https://a.example", { trust: { pins: ["x"] } });',
  "a pin and a signer": 'loadKeys("https://a.example", { trust: { pin: ["x"], signer: { kty: "OKP" } } });',
  "a set without keys": 'loadKeys({}, { trust: "origin" });',
  "a promise of keys": 'createSealer(loadKeys("https://a.example", { trust: "origin" }));',
  "a misspelt origin": 'createSealer(keys, { orgin: "https://a.example" });',
  "no kind": 'sealer.seal("x", { field: "a" });',
  "an unknown kind": 'sealer.seal("x", { field: "a", kind: "card" });',
  "a misspelt option": 'sealer.seal("x", { field: "a", kind: "text", onse: true });',
  "a date for a value": 'sealer.seal(new Date(), { field: "a", kind: "date" });',
  "undefined for a value": 'sealer.seal(undefined, { field: "a", kind: "text" });',
  "a function in a value": 'sealer.seal({ a() {} }, { field: "a", kind: "json" });',
  "a BigInt for a value": 'sealer.seal(1n, { field: "a", kind: "number" });',
  "a hint with its value": 'sealer.seal("x", { field: "a", kind: "card-number", hint: { last4: "4242" } });',
  "a hint of another kind": 'sealer.seal("x", { field: "a", kind: "us-ssn", hint: ["last4"] });',
  "a hint of a kind that has none": 'sealer.seal("x", { field: "a", kind: "text", hint: ["valid"] });',
  "a text for a token": 'const token: Sealed = "x"; void token;',
  "a token of another kind":
    'const token: Sealed<"us-ssn"> = sealer.seal("x", { field: "a", kind: "us-ein" }); void token;',
  "words without a language": 'useMessages({ required: "x" });',
  "words for an unknown kind": 'useMessages({ lang: "en", kinds: { payment: { card: { format: "x" } } } });',
  "a form without kinds": 'sealer.sealForm({ a: "x" }, { field: "f" });',
  "an unknown class of a form": 'sealer.sealForm({}, { field: "f", kinds: {} }).cards;',
  "waiting for a token": 'const token: Promise<string> = sealer.seal("x", { field: "a", kind: "text" }); void token;',
  "a form that may be null": 'guardForm(document.querySelector("form"), sealer);',
  "an element that is no form": "guardForm(document.body, sealer);",
  "a misspelt option of the guard": "guardForm(form, sealer, { lifetme: 60 });",
  "a consent without a purpose": 'guardForm(form, sealer, { consent: { notice: "2" } });',
  "a misspelt member of a consent": 'guardForm(form, sealer, { consent: { purpose: "a", notise: "2" } });',
  "a list of purposes": 'sealer.seal("x", { field: "a", kind: "text", consent: { purpose: ["a"] } });',
  "consent that takes time": 'guardForm(form, sealer, { consent: async () => ({ purpose: "a" }) });',
  "keys for a sealer": "guardForm(form, keys);",
  "a new Sealer": "new Sealer();",
  "a new Keys": "new Keys();",
  "a file that is inside": 'import("fieldseal/dist/keys.js");',
};

const RESOLUTIONS = {
  bundler: { module: "esnext", moduleResolution: "bundler" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
};

let project;
before(() => {
  project = new Project();
  for (const name of ["@types", "csstype", "svelte", "undici-types", "vue"]) {
    symlinkSync(join(here, "node_modules", name), join(project.dir, "node_modules", name));
  }
});
after(() => project.close());

/** What the compiler says about a file, with every check on and the package's own declarations checked too. */
async function compile(resolution, file, more = {}) {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable"],
    types: [],
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    pretty: false,
    ...RESOLUTIONS[resolution],
    ...more,
  };
  project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: [file] }));
  return project.tool("tsc", "--project", "tsconfig.json").then(
    () => "",
    (error) => error.message,
  );
}

/** The mistakes that the compiler lets pass. Each stands on a line of its own, and nothing else may be wrong. */
async function passed(resolution, file, head, wrong) {
  project.write(file, [...head, ...Object.values(wrong).map((text) => `{ ${text} }`)].join("\n"));
  const said = await compile(resolution, file, JSX);
  const found = said.matchAll(/^\S+\((\d+),\d+\): error/gm);
  const lines = new Set([...found].map((match) => Number(match[1])));
  assert.ok([...lines].every((line) => line > head.length), said);
  return Object.keys(wrong).filter((_, i) => !lines.has(head.length + 1 + i));
}

const JSX = { jsx: "react-jsx" };
const HEAD = [
  'import { createSealer, guardForm, loadKeys, type Keys, type Sealed, type Sealer, useMessages } from "fieldseal";',
  "declare const keys: Keys; declare const sealer: Sealer; declare const sealed: Sealed;",
  "declare const form: HTMLFormElement;",
  "void [createSealer, guardForm, loadKeys, useMessages, keys, sealer, form, sealed];",
];

for (const resolution of Object.keys(RESOLUTIONS)) {
  describe(`moduleResolution ${resolution}`, () => {
    test("right use compiles", async () => {
      project.write("right.ts", RIGHT);
      assert.equal(await compile(resolution, "right.ts"), "");
    });

    test("each mistake is an error", async () => {
      assert.deepEqual(await passed(resolution, "wrong.ts", HEAD, WRONG), []);
    });

    for (const [file, { right, head, wrong }] of Object.entries(ENTRIES)) {
      test(`${file}: right use compiles`, async () => {
        project.write(`right-${file}`, right);
        assert.equal(await compile(resolution, `right-${file}`, JSX), "");
      });

      test(`${file}: each mistake is an error`, async () => {
        assert.deepEqual(await passed(resolution, `wrong-${file}`, head, wrong), []);
      });
    }
  });
}

test("a server that has no DOM and only Node's types", async () => {
  project.write(
    "server.ts",
    'import { createSealer, loadKeys } from "fieldseal";\nexport const all = [createSealer, loadKeys];\n',
  );
  assert.equal(await compile("nodenext", "server.ts", { lib: ["es2023"], types: ["node"], skipLibCheck: true }), "");
});
