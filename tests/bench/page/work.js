// The works: what is sealed in one step of a batch, and whether what was opened is that.
import { card, checkout, contact, file } from "../shared/values.js";
import { utf8 } from "../shared/bytes.js";

const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export const works = {
  field: {
    input: (i) => card(i),
    seal: (peer, sender, item, i) => (peer.field ? peer.field(sender, item, i) : peer.seal(sender, item.bytes)),
    opens: async (peer, key, sealed, item) => same(await peer.open(key, sealed), item.bytes),
  },
  checkout: {
    input: () => checkout,
    seal: (peer, sender, items, i) =>
      peer.checkout
        ? peer.checkout(sender, items, i)
        : Promise.all(items.map(({ bytes }) => peer.seal(sender, bytes))),
    opens: async (peer, key, sealed, items) => {
      const opened = await Promise.all(items.map((_, i) => peer.open(key, sealed[i])));
      return sealed.length === items.length && opened.every((bytes, i) => same(bytes, items[i].bytes));
    },
  },
  form: {
    input: () => contact,
    seal: (peer, sender, items) => (peer.form ? peer.form(sender, items) : peer.seal(sender, jsonOf(items))),
    opens: async (peer, key, sealed, items) => {
      const opened = JSON.parse(new TextDecoder().decode(await peer.open(key, sealed)));
      const fields = Object.keys(opened);
      return fields.length === items.length && items.every(({ field, text }) => opened[field] === text);
    },
  },
  file: {
    input: () => file(),
    seal: async (peer, sender, { blob, bytes }) => {
      if (peer.file) return peer.file(sender, blob, bytes);
      return peer.seal(sender, new Uint8Array(await blob.arrayBuffer()));
    },
    opens: async (peer, key, sealed, { bytes }) =>
      same(await (peer.openFile ? peer.openFile(key, sealed) : peer.open(key, sealed)), bytes),
  },
};

function jsonOf(items) {
  return utf8.encode(JSON.stringify(Object.fromEntries(items.map(({ field, text }) => [field, text]))));
}
