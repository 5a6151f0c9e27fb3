// Every peer that runs in Node opens what it sealed, in each work of the benchmark: no ratio is of something that does not
// work.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { register } from "node:module";
import { describe, test } from "node:test";

register("./resolve.mjs", import.meta.url);
const { works } = await import("./page/work.js");
const peersUrl = new URL("peers/", import.meta.url);

/** A pair of keys as the benchmark carries them from page to page. */
const pair = async (peer) => JSON.parse(JSON.stringify(await peer.generate()));

for (const name of readdirSync(peersUrl).filter((name) => name.endsWith(".js"))) {
  describe(name, async () => {
    const peer = await import(new URL(name, peersUrl).href);
    let pairs;

    test("says what it is", () => {
      assert.equal(typeof peer.title, "string");
      assert.equal(typeof peer.postQuantum, "boolean");
      for (const work of peer.works ?? []) assert.ok(work in works || work === "cold", work);
    });

    for (const work of Object.keys(works)) {
      if (peer.works && !peer.works.includes(work)) continue;
      test(work, async (t) => {
        if (peer.browserOnly) return t.skip("it needs a document");
        pairs ??= Promise.all([pair(peer), pair(peer)]);
        let keys, other;
        try {
          [keys, other] = await pairs;
        } catch (error) {
          // Chromium alone has every algorithm that is measured.
          return t.skip(`not in this Node: ${error.message}`);
        }
        const { input, seal, opens } = works[work];
        const [value, sender] = [input(1), await peer.setup(keys.publicKey, work)];
        const sealed = await seal(peer, sender, value, 0);
        assert.ok(await opens(peer, keys.privateKey, sealed, value), "it opens to what went in");
        await assert.rejects(async () => {
          if (!(await opens(peer, other.privateKey, sealed, value))) throw new Error("something else came out");
        }, "another key does not open it");
      });
    }
  });
}
