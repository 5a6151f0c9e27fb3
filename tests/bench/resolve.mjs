// Lets peers import the built package by its name, as a bundler does for pages.
import { readFileSync } from "node:fs";

const packageUrl = new URL("../../target/npm/fieldseal/", import.meta.url);

export async function resolve(specifier, context, next) {
  if (!/^fieldseal($|\/)/.test(specifier)) return next(specifier, context);
  const { exports } = JSON.parse(readFileSync(new URL("package.json", packageUrl), "utf8"));
  const entry = exports[`.${specifier.slice("fieldseal".length)}`];
  return { url: new URL(entry.node ?? entry.default ?? entry, packageUrl).href, shortCircuit: true };
}
