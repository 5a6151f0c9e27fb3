// fieldseal's `sealFile`: a key made for the file and sealed in a token, the bytes in chunks through WebCrypto. Opened here
// as docs/format.md describes the container.
import { sealFile } from "fieldseal/file";
import { fromText, join, utf8 } from "../shared/bytes.js";
import { open as openToken } from "./fieldseal-hpke-9.js";

export { setup } from "../shared/fieldseal.js";
export { generate } from "./fieldseal-hpke-9.js";

export const title = "fieldseal HPKE-9, sealFile";
export const postQuantum = true;
export const works = ["file"];

const MAGIC = "fieldseal-file-v1\n";
const CHUNK = 64 * 1024;
const TAG = 16;

export async function file(sealer, blob) {
  const { stream } = sealFile(sealer, blob, { field: "scan", kind: "passport-number" });
  const pieces = [];
  const reader = stream.getReader();
  for (let piece; !(piece = await reader.read()).done; ) pieces.push(piece.value);
  return pieces;
}

export async function openFile(privateKey, pieces) {
  const sealed = join(...pieces);
  const begin = sealed.indexOf(10, MAGIC.length);
  const token = new TextDecoder().decode(sealed.subarray(MAGIC.length, begin));
  const { key } = JSON.parse(new TextDecoder().decode(await openToken(privateKey, token))).file;
  const cipher = await crypto.subtle.importKey("raw", fromText(key), "AES-GCM", false, ["decrypt"]);
  const chunks = sealed.subarray(begin + 1);
  const opened = [];
  for (let at = 0; at < chunks.length; at += CHUNK + TAG) {
    const isLast = at + CHUNK + TAG >= chunks.length;
    const parameters = { name: "AES-GCM", iv: nonce(at / (CHUNK + TAG), isLast), additionalData: utf8.encode(MAGIC) };
    opened.push(await crypto.subtle.decrypt(parameters, cipher, chunks.subarray(at, at + CHUNK + TAG)));
  }
  return join(...opened);
}

function nonce(index, isLast) {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(7, index);
  view.setUint8(11, isLast ? 1 : 0);
  return bytes;
}
