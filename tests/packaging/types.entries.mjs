// What types.test.mjs compiles for the entries beside `fieldseal`: a file of right use, and mistakes, one a line.

const REACT = `
import { type Messages, type Sealer } from "fieldseal";
import { type SealedInputElement } from "fieldseal/elements";
import {
  type ErrorCode, FieldsealError, SealedInput, useSealedForm, useSealer, type SealedFormOptions, type SealedFormState,
  type SealedInputProps, type SealedInputTag, type SealerState, type UseSealerOptions,
} from "fieldseal/react";
import { type ReactElement, useRef, useState } from "react";

export function Checkout({ pin, messages }: { pin: string[]; messages: Messages }): ReactElement {
  const [card, setCard] = useState("");
  const options: UseSealerOptions = { trust: { pin }, origin: undefined };
  const { sealer, ready, error }: SealerState = useSealer(new URL("https://keys.shop.example"), options);
  const message = useRef<HTMLParagraphElement>(null);
  const ssn = useRef<SealedInputElement>(null);
  const given: SealedFormOptions = {
    keys: { keys: [] }, trust: "origin", lifetime: 3600, message, messages, describe: ({ code }) => code,
    fields: { cvc: { once: true } },
  };
  const form: SealedFormState = useSealedForm(given);
  const other = useSealedForm({ sealer, check: false, message: null });
  const promised = useSealedForm({ sealer: undefined as PromiseLike<Sealer> | undefined });
  const code: ErrorCode | undefined = (error ?? form.error)?.code;
  console.log(error instanceof FieldsealError, form.blocked?.field, promised.ready && ready);
  console.log(ssn.current?.validity.valid);
  return (
    <form ref={form.ref} aria-busy={!form.ready} data-code={code}>
      <input data-seal="card" data-kind="card-number" value={card} onChange={(event) => setCard(event.target.value)} />
      <SealedInput
        ref={ssn} id="ssn" className="wide" name="ssn" kind="us-ssn" hint={["valid"]} required disabled={false}
        sealer={sealer} icon={<b>*</b>} aria-label="SSN" data-test="ssn" style={{ color: "red" }} tabIndex={0}
        onFocus={() => setCard("")} onChange={(event: Event) => console.log(event.type)}
        onInvalid={({ detail }) => console.log(detail.reason, detail.message)}
      />
      <SealedInput
        name="note" kind="health-note" multiline rows={3} readOnly maxLength={200} keys="https://k" trust={{ pin }}
        check={false} once lifetime={60}
      />
      <sealed-input
        name="iban" kind="iban" required keys="https://k" pin="x" hint="country last4" class="wide" ref={ssn}
        onBlur={() => undefined}
      />
      <p ref={message}>{other.error?.message}</p>
    </form>
  );
}
export const attributes: SealedInputTag = { name: "a", kind: "text", signer: "{}", "aria-label": "a" };
export const props: SealedInputProps<"iban"> = { name: "a", kind: "iban", hint: ["last4"] };
`;

const ELEMENTS = `
import { createSealer, type Keys } from "fieldseal";
import {
  defineElements, type ElementsOptions, type SealedInputAttributes, type SealedInputElement,
} from "fieldseal/elements";

const options: ElementsOptions = { tag: "safe-input" };
export const attributes: SealedInputAttributes = { name: "iban", kind: "iban", required: true, pin: "x", lifetime: 60 };
defineElements();
defineElements(options);
export async function fill(keys: Keys, form: HTMLFormElement): Promise<boolean> {
  const element: SealedInputElement = document.createElement("sealed-input");
  element.name = "iban";
  element.kind = "iban";
  element.required = true;
  element.signer = { kty: "OKP" };
  element.sealer = Promise.resolve(createSealer(keys));
  element.sealer = undefined;
  element.value = "";
  form.append(element);
  await element.ready;
  element.addEventListener("fieldseal:invalid", ({ detail }) => console.log(detail.reason));
  element.setCustomValidity("");
  element.setSelectionRange(0, 1);
  return document.querySelector("sealed-input")?.checkValidity() ?? element.labels.length > 0;
}
`;

const FILE = `
import { createSealer, type FileOptions, type Keys, type Sealed, type SealedFile } from "fieldseal";
import { type ErrorCode, FieldsealError, type FileProgress, sealFile } from "fieldseal/file";

export async function upload(keys: Keys, file: File, signal: AbortSignal): Promise<Response> {
  const sealer = createSealer(keys);
  const onProgress = ({ loaded, total }: FileProgress) => console.log(loaded / total);
  const options: FileOptions<"health-note"> = {
    field: "scan", kind: "health-note", name: "scan.pdf", type: undefined, onProgress, signal, once: true, sub: "c-7",
  };
  const sealed: SealedFile<"health-note"> = sealFile(sealer, file, options);
  const token: Sealed<"health-note"> = (await sealer.sealFile(new Blob([]), options)).token;
  const size: number = sealed.size;
  const stream: ReadableStream<Uint8Array> = sealed.stream;
  const code: ErrorCode = new FieldsealError("file-unreadable").code;
  console.log(token, size, code);
  return fetch("/upload", { method: "POST", body: size > 1e9 ? stream : await sealed.blob() });
}
`;

const TESTING = `
import {
  createTestKeys, type CypressLike, type Entries, fillIn, headerOf, interceptKeys, isToken, openEntries, openForTest,
  type PlaywrightPageLike, type PlaywrightRequestLike, routeKeys, submitted, type TestKeys, type TokenHeader,
} from "fieldseal/testing";

export async function check(
  page: PlaywrightPageLike, request: PlaywrightRequestLike, cy: CypressLike<number>, text: string,
) {
  const keys: TestKeys = await createTestKeys({ class: "payment", lifetime: 60 });
  await routeKeys(page, keys);
  const alias: number = interceptKeys(cy, keys, /keys/);
  const entries: Entries = await submitted(request, keys);
  const all: Entries[] = [await openEntries(new FormData(), keys), await openEntries(text, keys), entries];
  const { value, kind } = await openForTest(text, keys, { field: "card", kind: "payment-form", sub: undefined });
  const header: TokenHeader | undefined = isToken(value) ? headerOf(value) : undefined;
  fillIn(document.body, text);
  return [alias, all, kind, header?.fields, keys.trust.pin];
}
`;

const SERVER = `
import type { Sealed } from "fieldseal";
import { createGuard, FieldsealError, type JwkSet, type Problem, Refused } from "fieldseal/server";

export async function take(request: Request, keys: JwkSet): Promise<Response> {
  const guard = await createGuard({
    fields: { card: "card-number", phone: { kind: "phone", required: false } },
    origin: "https://shop.example", keys, maxAge: 60,
  });
  try {
    const checked = guard.check(await request.formData());
    const card: Sealed<"card-number"> = checked.token("card");
    const phone: Sealed<"phone"> | undefined = checked.token("phone");
    const last4: string | undefined = checked.hint("card").last4;
    return Response.json([card, phone, last4]);
  } catch (error) {
    if (!(error instanceof Refused) || !(error instanceof FieldsealError)) throw error;
    const problem: Problem = error.toProblem();
    return Response.json(problem, { status: error.status });
  }
}
`;

const HOLDER = `
import {
  type Answered, type AskOptions, type AuditPage, type AuditRecord, type Comparison, type Credential, createHolder,
  type Expected, FieldsealError, type Facts, type Fingerprint, type Holder, HolderError, type HolderOptions, type Item,
  type KeyDescription, type Mask, type Masked, type Moved, type Opened, type OpenedFile, openFile, type Refusal, type Result,
  type Verified,
} from "fieldseal/holder";

const credential: Credential = async ({ refused, signal }) => (refused && signal?.aborted ? "a" : "b");
const options: HolderOptions = {
  url: ["https://a.example", new URL("https://b.example")], credential, timeout: 1000, attempts: 2, concurrency: undefined,
};

export async function use(token: string, signal: AbortSignal): Promise<unknown[]> {
  const holder: Holder = createHolder(options);
  createHolder({ url: "https://a.example", credential: "fsk_x" });
  const file: OpenedFile = await openFile(holder, new Blob([]).stream(), { field: "scan", kind: "health-note" }, { signal });
  const bytes: ReadableStream<Uint8Array> = file.stream;
  console.log(file.name?.length, file.type, file.kind, bytes);
  const ask: AskOptions = { purpose: "charge", idempotencyKey: "a", approval: undefined, signal };
  const items: Item[] = [token, { token, field: "card", kind: "card-number", origin: "https://a.example", sub: undefined }];
  const results: Result<Opened>[] = await holder.open(items, ask);
  for (const result of results) {
    if (result.ok) {
      const facts: Facts = result;
      console.log(result.value, facts.hintMatches, facts.sub);
    } else {
      const refusal: Refusal = result;
      console.log(refusal.code, refusal.detail, refusal.approval);
    }
  }
  const one: Opened = await holder.openOne(token, { field: "card", kind: "payment-form" });
  const masked: Result<Masked>[] = await holder.openMasked(items);
  for (const result of masked) {
    if (result.ok && "masked" in result) { const mask: Mask = result; console.log(mask.masked, mask.hints); }
    if (result.ok && "fields" in result) console.log(result.fields["card"]?.masked, result.fields["card"]?.kind);
  }
  const same: boolean = await holder.verify({ token, field: "card" }, { any: 1 }, { region: "US", ...ask });
  const comparisons: Comparison[] = [{ token, candidate: null }, { token, hash: "$argon2id$" }];
  const verified: Result<Verified>[] = await holder.verifyAll(comparisons, ask);
  const answered: Result<Answered>[] = await holder.fingerprint([token], { label: "duplicates", signal });
  const [first] = answered;
  if (first?.ok && "fingerprint" in first) { const found: Fingerprint = first; console.log(found.fingerprint); }
  const moved: Result<Moved>[] = await holder.rewrap([token]);
  for await (const page of holder.audit({ after: "x", limit: 2 })) {
    const { records, next, more }: AuditPage = page;
    const record: AuditRecord | undefined = records[0];
    console.log(record?.seq, record?.["purpose"], next, more);
  }
  const keys: KeyDescription[] = await holder.keys({ signal });
  const expected: Expected = { token };
  return [one.value, same, verified, moved, keys, expected];
}

export function tell(error: unknown): string | undefined {
  if (!(error instanceof HolderError) || !(error instanceof FieldsealError)) return undefined;
  return error.code + String(error.status ?? error.retryAfter) + (error.approval ?? error.idempotencyKey);
}
`;

const MESSAGES = `
import { type Messages, useMessages } from "fieldseal";
import de, { contact, health, payment } from "fieldseal/messages/de";
import en from "fieldseal/messages/en";
import es from "fieldseal/messages/es";
import fr from "fieldseal/messages/fr";
import ja from "fieldseal/messages/ja";
import pt from "fieldseal/messages/pt";
const all: readonly Messages[] = [de, en, es, fr, ja, pt, contact, health, payment];
useMessages(...all);
export const words = de.reasons?.["check-digit"];
`;

const VUE = `
import type {} from "fieldseal/vue";
import type { GlobalComponents } from "vue";

type Props = InstanceType<GlobalComponents["sealed-input"]>["$props"];
export const props: Props = { name: "iban", kind: "iban", required: true, class: "wide", onFocus: () => undefined };
`;

const SVELTE = `
import type {} from "fieldseal/svelte";
import type { SvelteHTMLElements } from "svelte/elements";

type Props = SvelteHTMLElements["sealed-input"];
export const props: Props = { name: "iban", kind: "iban", required: true, class: "wide", onfocus: () => undefined };
`;

/** By the file that is compiled: what is right, what stands before the mistakes, and the mistakes. */
export const ENTRIES = {
  "react.tsx": {
    right: REACT,
    head: [
      'import { SealedInput, useSealedForm, useSealer } from "fieldseal/react"; declare const pin: string[];',
      "void [SealedInput, useSealedForm, useSealer, pin];",
    ],
    wrong: {
      "keys without trust": 'useSealer("https://a.example");',
      "a misspelt trust": 'useSealer("https://a.example", { trust: "orgin" });',
      "a sealer that may be missing": 'useSealer("https://a.example", { trust: { pin } }).sealer.ready;',
      "a form without anything": "useSealedForm({});",
      "a form with keys but no trust": 'useSealedForm({ keys: "https://a.example" });',
      "a form with two sealers": 'useSealedForm({ keys: "https://a", trust: { pin }, sealer: Promise.reject() });',
      "a misspelt option of the form": "useSealedForm({ sealer: undefined, lifetme: 60 });",
      "a ref for another element": "<input ref={useSealedForm({ sealer: undefined }).ref} />;",
      "a component without a name": '<SealedInput kind="text" />;',
      "a component without a kind": '<SealedInput name="a" />;',
      "a component of an unknown kind": '<SealedInput name="a" kind="card" />;',
      "a component with another kind's hint": '<SealedInput name="a" kind="us-ssn" hint={["last4"]} />;',
      "a component that is controlled": '<SealedInput name="a" kind="text" value="x" />;',
      "a component with children": '<SealedInput name="a" kind="text">x</SealedInput>;',
      "an element of an unknown kind": '<sealed-input name="a" kind="card" />;',
      "an element with a misspelt attribute": '<sealed-input name="a" kind="text" requierd />;',
    },
  },
  "elements.ts": {
    right: ELEMENTS,
    head: [
      'import { defineElements, type SealedInputElement } from "fieldseal/elements";',
      "declare const element: SealedInputElement;",
      "void [defineElements, element];",
    ],
    wrong: {
      "a name for options": 'defineElements("safe-input");',
      "a misspelt option": 'defineElements({ tga: "safe-input" });',
      "another type": 'element.type = "text";',
      "a sealer that is none": "element.sealer = {};",
    },
  },
  "file.ts": {
    right: FILE,
    head: [
      'import { type Sealer } from "fieldseal"; import { sealFile } from "fieldseal/file";',
      "declare const sealer: Sealer; declare const file: File; void [sealer, file, sealFile];",
    ],
    wrong: {
      "a file without a kind": 'sealer.sealFile(file, { field: "scan" });',
      "an unknown kind": 'sealer.sealFile(file, { field: "scan", kind: "passport" });',
      "a form's kind": 'sealFile(sealer, file, { field: "scan", kind: "health-form" });',
      "a hint about a file": 'sealFile(sealer, file, { field: "scan", kind: "iban", hint: ["last4"] });',
      "a control in the place of its file": 'sealFile(sealer, document.createElement("input"), { field: "scan", kind: "iban" });',
      "a token of another kind": 'export const t: import("fieldseal").Sealed<"iban"> = sealFile(sealer, file, { field: "a", kind: "email" }).token;',
    },
  },
  "testing.ts": {
    right: TESTING,
    head: ['import { createTestKeys, fillIn } from "fieldseal/testing"; void [createTestKeys, fillIn];'],
    wrong: {
      "an unknown class": 'createTestKeys({ class: "cards" });',
      "a control that may be missing": 'fillIn(document.querySelector("input"), "x");',
    },
  },
  "server.ts": {
    right: SERVER,
    head: ['import { createGuard } from "fieldseal/server"; void createGuard;'],
    wrong: {
      "a guard without keys": "createGuard({ fields: {} });",
      "an unknown kind": 'createGuard({ fields: { card: "card" }, keys: { keys: [] } });',
    },
  },
  "holder.ts": {
    right: HOLDER,
    head: [
      'import { createHolder, type Holder } from "fieldseal/holder"; declare const holder: Holder;',
      "void [createHolder, holder];",
    ],
    wrong: {
      "a client without a credential": 'createHolder({ url: "https://a.example" });',
      "a misspelt option": 'createHolder({ url: "https://a.example", credential: "x", retries: 3 });',
      "one token for a list": 'holder.open("x");',
      "an unknown kind": 'holder.openOne("x", { kind: "card" });',
      "a value of a refusal": 'holder.open(["x"]).then(([result]) => result?.value);',
      "a value of a mask": 'holder.openMasked(["x"]).then(([result]) => result?.ok && result.value);',
      "a comparison with nothing": 'holder.verifyAll([{ token: "x" }]);',
      "a comparison with two": 'holder.verifyAll([{ token: "x", candidate: 1, hash: "y" }]);',
    },
  },
  "vue.ts": {
    right: VUE,
    head: VUE.trim().split("\n").slice(0, 4),
    wrong: {
      "an unknown kind": 'const props: Props = { kind: "card" }; void props;',
      "a misspelt attribute": 'const props: Props = { kind: "iban", requierd: true }; void props;',
    },
  },
  "svelte.ts": {
    right: SVELTE,
    head: SVELTE.trim().split("\n").slice(0, 4),
    wrong: {
      "an unknown kind": 'const props: Props = { kind: "card" }; void props;',
      "a misspelt attribute": 'const props: Props = { kind: "iban", requierd: true }; void props;',
    },
  },
  "messages.ts": {
    right: MESSAGES,
    head: [],
    wrong: {
      "a language that is not there": 'import("fieldseal/messages/tlh");',
      "a class that is not there": 'import("fieldseal/messages/de").then(({ cards }) => cards);',
    },
  },
};
