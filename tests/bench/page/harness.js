// What the measuring program calls in the page. It says which peer does which work when; the page takes the time.
import { fromText } from "../shared/bytes.js";
import { card } from "../shared/values.js";
import { works } from "./work.js";

const peers = new Map();
const senders = new Map();
let garbage;

/** Loads peers and makes a key pair for each; what the browser lacks comes back with the reason. */
async function load(ids) {
  const loaded = {};
  for (const id of ids) {
    try {
      const peer = await import(`/peers/${id}.js`);
      const { publicKey, privateKey } = JSON.parse(JSON.stringify(await peer.generate()));
      peers.set(id, { peer, publicKey, privateKey });
      loaded[id] = { publicKey };
    } catch (error) {
      loaded[id] = { missing: String(error) };
    }
  }
  return loaded;
}

/**
 * One batch: its time a step in milliseconds, after which everything was opened and compared. What an engine's own
 * cryptography fails at now and then is counted with its reason, and no reason to stop.
 */
async function batch(id, work, count) {
  const { peer, publicKey, privateKey } = peers.get(id);
  const key = `${id} ${work}`;
  if (!senders.has(key)) senders.set(key, await peer.setup(publicKey, work));
  const sender = senders.get(key);
  const { input, seal, opens } = works[work];
  const inputs = Array.from({ length: count }, (_, i) => input(i));
  const sealed = new Array(count);
  await peer.prepare?.(sender);

  const begin = performance.now();
  for (let i = 0; i < count; i += 1) {
    try {
      sealed[i] = await seal(peer, sender, inputs[i], i);
    } catch (error) {
      sealed[i] = error;
    }
  }
  const time = performance.now() - begin;

  const failed = [];
  for (let i = 0; i < count; i += 1) {
    try {
      if (sealed[i] instanceof Error || sealed[i] instanceof DOMException) throw sealed[i];
      if (!(await opens(peer, privateKey, sealed[i], inputs[i]))) throw new Error("something else was opened");
    } catch (error) {
      failed.push(String(error));
    }
  }
  // One in twenty is no accident.
  if (failed.length > 1 + count / 20) throw new Error(`${failed.length} of ${count} failed: ${failed[0]}`);
  return { step: time / count, failed };
}

/**
 * How many steps a batch needs to take at least this many milliseconds, found while the peer warms up. The first steps of
 * a peer are many times slower than the rest, and must not be what this is found by.
 */
async function calibrate(id, work, least) {
  const most = peers.get(id).peer.most ?? 4096;
  for (let count = 1, spent = 0; ; count = Math.min(count * 2, most)) {
    const { step } = await batch(id, work, count);
    spent += step * count;
    const needed = Math.min(most, Math.max(1, Math.ceil(least / step)));
    if (spent >= 5 * least && count * 2 >= needed) return needed;
  }
}

/** Whether what a page sealed that had sealed nothing before is what it should be. */
function opensCold(id, sealed) {
  const { peer, privateKey } = peers.get(id);
  return works.field.opens(peer, privateKey, sealed.bytes ? fromText(sealed.bytes) : sealed.text, card());
}

/** Leaves something behind that `collected` can miss once the engine has collected its garbage. */
function litter() {
  garbage = new WeakRef({});
}

globalThis.bench = {
  load,
  batch,
  calibrate,
  opensCold,
  litter,
  collected: () => garbage.deref() === undefined,
};
