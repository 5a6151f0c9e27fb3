// Files: sealed by the package as a stream, opened by the real key holder, and by hand as the specification says.
import assert from "node:assert/strict";
import { createDecipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { assertError, CANARY, entryUrl, fails, fieldseal, headerOf, Holder, ORIGIN } from "./support.mjs";

const { sealFile } = await import(entryUrl("./file"));
const { createHolder, HolderError, openFile } = await import(entryUrl("./holder"));
const CHUNK = 64 * 1024;
const MAGIC = "fieldseal-file-v1\n";
const claims = { field: "scan", kind: "health-note" };

let holder;
let sealer;
const dir = mkdtempSync(join(tmpdir(), "fieldseal-files-"));
before(async () => {
  holder = new Holder();
  const keys = await fieldseal.loadKeys(holder.keySet, { trust: "origin" });
  sealer = fieldseal.createSealer(keys, { origin: ORIGIN });
});
after(() => {
  holder.close();
  rmSync(dir, { recursive: true });
});

const bytesOf = async (stream) => Buffer.from(await new Response(stream).arrayBuffer());

/** What the key holder makes of a sealed file: its content, and what was said of it. */
function openByCommand(sealed) {
  const [from, to] = [join(dir, "sealed"), join(dir, "opened")];
  writeFileSync(from, sealed);
  rmSync(to, { force: true });
  const report = JSON.parse(holder.run(["open-file", "--in", from, "--out", to, "--json"]));
  return { content: readFileSync(to), report };
}

/** The same as docs/format.md says it, with nothing of the project but the token's value. */
function openByHand(sealed) {
  const end = sealed.indexOf("\n", MAGIC.length);
  assert.equal(sealed.subarray(0, MAGIC.length).toString(), MAGIC);
  const { file } = holder.open(sealed.subarray(MAGIC.length, end).toString());
  const body = sealed.subarray(end + 1);
  const parts = [];
  for (let at = 0, index = 0; index === 0 || at < body.length; at += CHUNK + 16, index += 1) {
    const chunk = body.subarray(at, at + CHUNK + 16);
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(index, 7);
    nonce[11] = at + CHUNK + 16 >= body.length ? 1 : 0;
    const cipher = createDecipheriv("aes-256-gcm", Buffer.from(file.key, "base64url"), nonce);
    cipher.setAAD(Buffer.from(MAGIC)).setAuthTag(chunk.subarray(-16));
    parts.push(cipher.update(chunk.subarray(0, -16)), cipher.final());
  }
  return { content: Buffer.concat(parts), file };
}

describe("a file of every shape opens", () => {
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 16 * CHUNK, 16 * CHUNK + 1, 33 * CHUNK + 7]) {
    test(`${size} bytes`, async () => {
      const content = randomBytes(size);
      const file = sealFile(sealer, new Blob([content]), claims);
      const sealed = await bytesOf(file.stream);
      assert.equal(sealed.length, file.size);
      assert.ok(openByCommand(sealed).content.equals(content));
      assert.ok(openByHand(sealed).content.equals(content));
    });
  }
});

test("through the sealer's method, as a Blob", async () => {
  const content = randomBytes(9 * 1024 * 1024 + 5);
  const file = await sealer.sealFile(new Blob([content]), claims);
  const blob = await file.blob();
  assert.equal(blob.type, "application/octet-stream");
  assert.equal(blob.size, file.size);
  assert.ok(openByCommand(Buffer.from(await blob.arrayBuffer())).content.equals(content));
});

test("its name and type are sealed, and its claims are the token's", async () => {
  const given = new File(["x"], `${CANARY} "ü".pdf`, { type: "application/pdf" });
  const file = sealFile(sealer, given, { ...claims, sub: "customer-7", consent: { purpose: "care" } });
  const header = headerOf(file.token);
  assert.deepEqual(
    [header.field, header.kind, header.iss, header.sub, header.consent],
    ["scan", "health-note", ORIGIN, "customer-7", { purpose: "care" }],
  );
  const sealed = await bytesOf(file.stream);
  assert.ok(!sealed.includes(CANARY) && !JSON.stringify(header).includes("pdf"));
  const { report } = openByCommand(sealed);
  assert.deepEqual(
    [report.name, report.type, report.bytes, report.field, report.kind, report.sub],
    [given.name, given.type, 1, "scan", "health-note", "customer-7"],
  );
  const said = async (blob, more) => openByHand(await bytesOf(sealFile(sealer, blob, { ...claims, ...more }).stream)).file;
  assert.deepEqual(Object.keys(await said(given, { name: "", type: "" })), ["key"]);
  assert.deepEqual(Object.keys(await said(new Blob(["x"]), {})), ["key"]);
  const { key: _, ...other } = await said(given, { name: "a", type: "b/c" });
  assert.deepEqual(other, { name: "a", type: "b/c" });
});

test("two files have two keys and nothing in common", async () => {
  const blob = new Blob(["the same"]);
  const [one, two] = await Promise.all([0, 0].map(() => bytesOf(sealFile(sealer, blob, claims).stream)));
  assert.notEqual(openByHand(one).file.key, openByHand(two).file.key);
  assert.ok(!one.subarray(-24).equals(two.subarray(-24)));
});

test("a form's control, an empty class and a once-only kind are as with values", async () => {
  fails(() => sealFile(sealer, new Blob([]), { ...claims, kind: "health-form" }), "kind-unknown");
  fails(() => sealFile(sealer, new Blob([]), { ...claims, field: "" }), "field-invalid");
  fails(() => sealFile(sealer, new Blob([]), { ...claims, hint: ["valid"] }), "option-invalid", "hint");
  fails(() => sealFile(sealer, new Blob([]), { ...claims, onse: true }), "option-invalid");
  await fails(() => sealer.sealFile(new Blob([]), { ...claims, kind: "card" }), "kind-unknown");
  const once = await bytesOf(sealFile(sealer, new Blob(["x"]), { ...claims, once: true }).stream);
  assert.equal(openByCommand(once).content.toString(), "x");
  assert.throws(() => openByCommand(once), /token-already-opened/);
});

test("what is no file is refused", () => {
  for (const blob of [undefined, null, "text", new ArrayBuffer(8), [], { size: 8 }, new Blob([]).stream()]) {
    fails(() => sealFile(sealer, blob, claims), "value-type");
  }
  fails(() => sealFile(sealer, new Blob([]), { ...claims, name: "x".repeat(1025) }), "option-invalid", "name");
  fails(() => sealFile(sealer, new Blob([]), { ...claims, type: 7 }), "option-invalid", "type");
  const huge = { size: 2 ** 48 + 1, type: "", slice() {} };
  fails(() => sealFile(sealer, huge, claims), "file-too-long");
});

describe("a file that is read", () => {
  /** A Blob that says what is read of it and when, and breaks where it is told to. */
  class Watched {
    reads = 0;
    type = "";
    constructor(size, breaksAt = Infinity) {
      this.size = size;
      this.breaksAt = breaksAt;
    }
    slice(start, end) {
      this.reads += 1;
      const broken = end > this.breaksAt;
      return { arrayBuffer: async () => (broken ? Promise.reject(new Error(CANARY)) : new ArrayBuffer(end - start)) };
    }
  }

  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

  test("is read one piece ahead of what is wanted", async () => {
    const blob = new Watched(100 * 16 * CHUNK);
    const reader = sealFile(sealer, blob, claims).stream.getReader();
    await settled();
    assert.equal(blob.reads, 1);
    // The head, and then the chunks of a piece.
    for (let read = 0; read < 1 + 16; read += 1) await reader.read();
    await settled();
    assert.equal(blob.reads, 2);
    await reader.read();
    await settled();
    assert.equal(blob.reads, 3);
    await reader.cancel();
    await settled();
    assert.equal(blob.reads, 3);
  });

  test("can be read once", async () => {
    const file = sealFile(sealer, new Blob(["x"]), claims);
    await file.blob();
    await assert.rejects(file.blob(), TypeError);
  });

  test("that changed under way is an error without its name", async () => {
    for (const breaksAt of [0, 20 * CHUNK, 40 * CHUNK]) {
      const file = sealFile(sealer, new Watched(40 * CHUNK + 1, breaksAt), claims);
      await assert.rejects(bytesOf(file.stream), (error) => {
        assertError(error, "file-unreadable");
        return true;
      });
    }
    const short = new Blob(["12345678"]);
    short.arrayBuffer = async () => new ArrayBuffer(4);
    await fails(() => sealFile(sealer, short, claims).blob(), "file-unreadable");
  });

  test("tells how far it is", async () => {
    const seen = [];
    const total = 35 * CHUNK + 3;
    await sealFile(sealer, new Blob([new Uint8Array(total)]), { ...claims, onProgress: (p) => seen.push(p) }).blob();
    assert.deepEqual(
      seen,
      [16 * CHUNK, 32 * CHUNK, total].map((loaded) => ({ loaded, total })),
    );
  });

  test("ends with the reason of its signal", async () => {
    const blob = new Watched(100 * 16 * CHUNK);
    const controller = new AbortController();
    const file = sealFile(sealer, blob, { ...claims, signal: controller.signal });
    const reader = file.stream.getReader();
    await reader.read();
    await reader.read();
    controller.abort();
    await assert.rejects(reader.read(), { name: "AbortError" });
    const before = blob.reads;
    await settled();
    assert.equal(blob.reads, before);
    const reason = new Error("enough");
    assert.throws(() => sealFile(sealer, blob, { ...claims, signal: AbortSignal.abort(reason) }), reason);
  });

  test("ends with its signal also while somebody waits for it", async () => {
    const never = new Blob(["x"]);
    never.arrayBuffer = () => new Promise(() => {});
    const controller = new AbortController();
    const reading = sealFile(sealer, never, { ...claims, signal: controller.signal }).blob();
    await settled();
    controller.abort(new Error("enough"));
    await assert.rejects(reading, /enough/);
  });
});

describe("at a service, with the key holder's leave", () => {
  const expected = { ...claims, origin: ORIGIN };
  let client;
  let sealed;
  const content = randomBytes(3 * CHUNK + 9);
  before(async () => {
    const url = await holder.serve();
    const credential = holder.run(["credentials", "new", "clinic", "--class", "health", "--per-minute", "none"]).trim();
    client = createHolder({ url, credential });
    const given = new File([content], "scan.pdf", { type: "application/pdf" });
    sealed = await bytesOf(sealFile(sealer, given, { ...claims, sub: "customer-7" }).stream);
  });
  /** A stream that comes in pieces of so many bytes. */
  const inPieces = (bytes, length) => {
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(new Uint8Array(bytes.subarray(at, (at += length))));
      },
    });
  };
  const refused = async (bytes, code, more = {}) =>
    assert.rejects(
      openFile(client, inPieces(bytes, 50_000), { ...expected, ...more }).then(({ stream }) => bytesOf(stream)),
      (error) => error instanceof HolderError && error.code === code && !error.message.includes("scan"),
      code,
    );

  for (const length of [1_000, CHUNK, CHUNK + 16, 1_000_000]) {
    test(`comes in pieces of ${length} bytes`, async () => {
      const { stream, ...said } = await openFile(client, inPieces(sealed, length), expected, { purpose: "care" });
      assert.deepEqual(
        [said.name, said.type, said.field, said.kind, said.iss, said.sub, said.valid],
        ["scan.pdf", "application/pdf", "scan", "health-note", ORIGIN, "customer-7", undefined],
      );
      assert.ok((await bytesOf(stream)).equals(content));
    });
  }

  for (const size of [0, 1, CHUNK, 2 * CHUNK]) {
    test(`of ${size} bytes`, async () => {
      const blob = await sealFile(sealer, new Blob([content.subarray(0, size)]), claims).blob();
      const { stream, name } = await openFile(client, blob.stream(), expected);
      assert.equal(name, undefined);
      assert.ok((await bytesOf(stream)).equals(content.subarray(0, size)));
    });
  }

  test("is refused if it was damaged, and gives out nothing false", async () => {
    const body = sealed.indexOf("\n", MAGIC.length) + 1;
    const chunk = CHUNK + 16;
    const parts = [0, 1, 2, 3].map((at) => sealed.subarray(body + at * chunk, body + (at + 1) * chunk));
    const [a, b, c, last] = parts;
    const changed = Buffer.from(b);
    changed[77] ^= 1;
    const faults = {
      "cut at a chunk": [a, b, c],
      "cut inside a chunk": [a, b.subarray(0, 99)],
      "without chunks": [],
      swapped: [a, c, b, last],
      repeated: [a, a, b, c, last],
      "with more behind it": [a, b, c, last, Buffer.from("x")],
      changed: [a, changed, c, last],
    };
    for (const chunks of Object.values(faults)) {
      const bytes = Buffer.concat([sealed.subarray(0, body), ...chunks]);
      await refused(bytes, "file-damaged");
      const { stream } = await openFile(client, inPieces(bytes, 50_000), expected);
      let at = 0;
      await assert.rejects(async () => {
        for await (const piece of stream) {
          assert.ok(content.subarray(at, (at += piece.length)).equals(piece));
        }
      });
      assert.ok(at < content.length || chunks.length > 4);
    }
  });

  test("is refused as any value is", async () => {
    await refused(sealed, "token-wrong-field", { field: "other" });
    await refused(sealed, "token-wrong-subject", { sub: "customer-8" });
    const note = sealer.seal("a note", claims);
    await refused(Buffer.from(`${MAGIC}${note}\n`), "file-malformed");
    for (const other of ["", "PK", MAGIC, `${MAGIC}abc`, MAGIC.replace("1", "2") + note]) {
      await refused(Buffer.from(other), "file-malformed");
    }
    await refused(Buffer.from(MAGIC + "a".repeat(400_000) + "\n"), "file-malformed");
  });
});

test("without WebCrypto nothing is sealed", () => {
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true, writable: true });
  try {
    fails(() => sealFile(sealer, new Blob([]), claims), "webcrypto-unavailable");
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true, writable: true });
  }
});
