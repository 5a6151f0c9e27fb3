// The types of `fieldseal/server`, as strict applications with Express and Fastify see them: what is right compiles,
// and what is wrong does not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { packageDir, root } from "./support.mjs";

const HEAD = `
import { createGuard, Refused, type Checked, type CheckedOf, type Problem, type Sealed } from "fieldseal/server";
import type { TokenHeader } from "fieldseal/server";
import express from "express";
import Fastify from "fastify";

const guard = await createGuard({
  fields: {
    card_number: "card-number",
    birth: { kind: "date-of-birth", required: true },
    phone: { kind: "phone", required: false },
    checkout: "payment-form",
  },
  origin: ["https://shop.example"],
  keys: "https://keys.shop.example/.well-known/sealed-input",
  maxAge: 3600,
  watch: false,
  limit: 1 << 20,
});
const checked = guard.check(new FormData());
void [Refused, express, Fastify, checked];
`;

const RIGHT = `
declare global {
  namespace Express { interface Request { sealed?: CheckedOf<typeof guard> } }
}
declare module "fastify" {
  interface FastifyRequest { sealed: CheckedOf<typeof guard> }
}

const card: Sealed<"card-number"> = checked.token("card_number");
const birth: Sealed<"date-of-birth"> = checked.token("birth");
const phone: Sealed<"phone"> | undefined = checked.token("phone");
const form: Sealed = checked.token("checkout");
const last4: string | undefined = checked.hint("card_number").last4;
const valid: true | undefined = checked.hint("card_number").valid;
const year: number | undefined = checked.hint("birth").year;
const band: string | undefined = checked.hint("birth")["age-band"];
const member: string | number | true | undefined = checked.hint("checkout")["number.last4"];
const header: TokenHeader = checked.header("card_number");
const kind: "card-number" = checked.header("card_number").kind;
const end: number | undefined = checked.header("phone")?.exp;
const tokens: readonly Sealed<"card-number">[] = checked.tokens.card_number;
const all: readonly string[] = checked.all("phone").map((one) => one.token + one.header.jti + one.hint["country-code"]);
const present = guard.checkPresent([["card_number", "x"], ["file", new Blob([])]], new Date());
const perhaps: Sealed<"card-number"> | undefined = present.token("card_number");
void [card, birth, phone, form, last4, valid, year, band, member, header, kind, end, tokens, all, perhaps];

export async function handler(request: Request): Promise<Response> {
  const some = await guard.fetch(request, { submissions: ({ method }) => method === "POST" });
  const missing: Sealed<"card-number"> | undefined = some.ok ? some.checked.token("card_number") : undefined;
  const sealed = await guard.fetch(request);
  void missing;
  if (!sealed.ok) {
    const problem: Problem = sealed.refused.toProblem();
    console.log(sealed.refused.code, problem.detail);
    return sealed.response;
  }
  const token: Sealed<"card-number"> = sealed.checked.token("card_number");
  for (const [name, value] of sealed.entries) console.log(name, typeof value === "string");
  return new Response(token + (await sealed.request.text()));
}

const app = express();
app.use(guard.express({ submissions: (request) => request.method === "POST" }));
app.post("/order", guard.express(), (request, response) => {
  const brand: string | undefined = request.sealed?.hint("card_number").brand;
  response.send(brand);
});

const fastify = Fastify();
await fastify.register(guard.fastify({ submissions: (request) => request.url === "/order" }));
fastify.post("/order", { preValidation: guard.preHandler(), preHandler: guard.preHandler() }, async (request) => {
  const token: Sealed<"card-number"> = request.sealed.token("card_number");
  return token.length;
});

export function store(given: Checked<{ card_number: "card-number" }>): string {
  return given.token("card_number");
}
await guard.refresh();
guard.setKeys({ keys: [] });
`;

/** One mistake a line; each must be an error, or the types are too wide. */
const WRONG = {
  "no fields": 'createGuard({ origin: "https://a.example", keys: "https://a.example" });',
  "no keys": 'createGuard({ fields: {}, origin: "https://a.example" });',
  "an unknown kind": 'createGuard({ fields: { a: "card" }, keys: "https://a.example" });',
  "an unknown kind with options": 'createGuard({ fields: { a: { kind: "card" } }, keys: "https://a.example" });',
  "a misspelt option": 'createGuard({ fields: {}, keys: "https://a.example", orgin: "https://a.example" });',
  "a field that was not declared": 'checked.token("card");',
  "a token of another kind": 'const token: Sealed<"us-ssn"> = checked.token("card_number"); void token;',
  "a token that may be missing": 'const token: string = checked.token("phone"); void token;',
  "a header that may be missing": 'checked.header("phone").exp;',
  "a hint that the kind has not": 'checked.hint("card_number").year;',
  "a hint of another type": 'const year: string | undefined = checked.hint("birth").year; void year;',
  "hints of a form without the member": 'checked.hint("checkout").last4;',
  "a token of a request that is no submission": 'guard.checkPresent([]).token("card_number").length;',
  "a token of a request that may be no submission":
    'guard.fetch(0 as never, { submissions: () => true }).then((s) => s.ok && s.checked.token("card_number").length);',
  "entries that are an object": 'guard.check({ card_number: "x" });',
  "a time that is a text": 'guard.check([], "2026-01-01");',
  "what was refused": 'guard.fetch(new Request("x")).then((sealed) => sealed.checked);',
  "a body for Express": 'guard.fetch(express.request);',
  "keys that are a number": "createGuard({ fields: {}, keys: 1 });",
};

let dir;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "fieldseal-types-"));
  mkdirSync(join(dir, "node_modules"));
  symlinkSync(packageDir, join(dir, "node_modules/fieldseal"));
  for (const name of ["express", "fastify", "@types"]) {
    symlinkSync(join(root, "tests/node/node_modules", name), join(dir, "node_modules", name));
  }
  writeFileSync(join(dir, "package.json"), JSON.stringify({ type: "module" }));
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** What the compiler says about a text, with every check on. */
const compile = (text, more) => {
  writeFileSync(join(dir, "app.ts"), text);
  const compilerOptions = {
    strict: true, noEmit: true, skipLibCheck: true, target: "es2022", module: "nodenext", moduleResolution: "nodenext",
    lib: ["es2023", "dom", "dom.iterable"], types: ["node"], exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true, noUnusedLocals: true, verbatimModuleSyntax: true, isolatedModules: true,
    pretty: false, ...more,
  };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
  const tsc = join(root, "pkg-config/node_modules/.bin/tsc");
  return spawnSync(tsc, ["--project", dir], { cwd: dir, encoding: "utf8" }).stdout;
};

test("right use compiles", () => assert.equal(compile(HEAD + RIGHT), ""));

test("right use compiles where there is no DOM and only Node's types", () =>
  assert.equal(compile(HEAD + RIGHT, { lib: ["es2023"] }), ""));

test("the declarations themselves are right", () => {
  const text = 'import { createGuard } from "fieldseal/server";\nexport const all = [createGuard];\n';
  assert.equal(compile(text, { skipLibCheck: false, types: [] }), "");
});

test("each mistake is an error", () => {
  const lines = Object.values(WRONG).map((text) => `{ ${text} }`);
  const first = HEAD.split("\n").length + 1;
  const unused = "export type Unused = [Checked<{}>, CheckedOf<typeof guard>, Problem, Sealed, TokenHeader];";
  const said = compile([HEAD, ...lines, unused].join("\n"));
  const wrong = new Set([...said.matchAll(/^app\.ts\((\d+),/gm)].map((match) => Number(match[1])));
  assert.deepEqual(Object.keys(WRONG).filter((_, at) => !wrong.has(first + at)), []);
  assert.ok([...wrong].every((line) => line >= first && line < first + lines.length), said);
});
