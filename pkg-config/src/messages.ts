import type { DataClass, Kind } from "./kind.js";

/** Why a value is none of its kind. */
export type Reason = "incomplete" | "too-long" | "format" | "check-digit" | "range" | "region" | "type";

/**
 * Words for people who fill in forms, in one language: what a file of `fieldseal/messages/` gives, as a whole or
 * for one class of data, or your own.
 */
export interface Messages {
  /** The language, as in the attribute `lang`: `es`. */
  readonly lang: string;
  /** The form was not sent. */
  readonly blocked?: string | undefined;
  /** The form was not sent, because something in it has to be put right first. */
  readonly check?: string | undefined;
  /** An answer is missing. */
  readonly required?: string | undefined;
  /** What is wrong, where nothing more specific is said. */
  readonly reasons?: { readonly [R in Reason]?: string } | undefined;
  /** What is wrong with a value of one kind. */
  readonly kinds?: { readonly [C in DataClass]?: { readonly [K in Kind]?: { readonly [R in Reason]?: string } } } | undefined;
}

/** What is said where nothing was registered. */
const DEFAULT = {
  blocked: "This form could not be sealed, so what you typed was not sent. Please try again later.",
  check: "The form was not sent. Please check what is marked.",
  required: "Please fill in this field.",
  incomplete: "Something is missing at the end. Please check it.",
  other: "Please check what you typed here.",
};

const registered = new Map<string, Messages[]>();

/**
 * Registers words for people. A form or element uses those of its language, which the nearest `lang` attribute
 * says; what is registered later goes before what was there.
 */
export function useMessages(...messages: readonly Messages[]): void {
  for (const some of messages) {
    const lang = primary(some.lang);
    registered.set(lang, [some, ...(registered.get(lang) ?? [])]);
  }
}

/** @internal What is wrong with a value of a kind. */
export function wordsFor(place: Element, reason: string, kind: string, own?: Messages): string {
  const sets = setsFor(place, own);
  for (const set of sets) {
    for (const kinds of Object.values(set.kinds ?? {})) {
      const words = kinds?.[kind as Kind]?.[reason as Reason];
      if (words !== undefined) return words;
    }
  }
  return first(sets, (set) => set.reasons?.[reason as Reason]) ?? (reason === "incomplete" ? DEFAULT.incomplete : DEFAULT.other);
}

/** @internal That an answer is missing, or that the form was not sent. */
export function wordsOf(place: Element, what: "required" | "blocked" | "check", own?: Messages): string {
  return first(setsFor(place, own), (set) => set[what]) ?? DEFAULT[what];
}

function setsFor(place: Element, own: Messages | undefined): readonly Messages[] {
  const lang = primary(place.closest("[lang]")?.getAttribute("lang") ?? "");
  // A page without a language, or in one that nobody registered, is spoken to in English.
  const sets = registered.get(lang) ?? registered.get("en") ?? [];
  return own ? [own, ...sets] : sets;
}

function first<T>(sets: readonly Messages[], of: (set: Messages) => T | undefined): T | undefined {
  for (const set of sets) {
    const found = of(set);
    if (found !== undefined) return found;
  }
  return undefined;
}

function primary(lang: string): string {
  return lang.toLowerCase().split("-", 1)[0] ?? "";
}
