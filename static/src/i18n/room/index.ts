// What the room's page says. `t` reads a signal, so whatever renders with it renders again when the language changes.

import { signal } from "@preact/signals";
import { Area } from "../area";
import { denial } from "../denial";
import type { Arguments, Values } from "../format";
import { type Language, languageOf } from "../language";
import { type English, en } from "./en";

export type Key = keyof English;
/** A text without values. */
export type PlainKey = { [K in Key]: Arguments<English[K]> extends [] ? K : never }[Key];

const room = new Area<English>(en, {
  fr: () => import("./fr"),
  de: () => import("./de"),
  lb: () => import("./lb"),
  ru: () => import("./ru"),
});

const current = signal({ room: room.english, denial: denial.english });

/** The language shown at the moment. */
export function locale(): Language {
  return current.value.room.language;
}

/**
 * Change the language; everything visible follows. A language that we don't have changes nothing; one that could not
 * be loaded rejects.
 */
export async function setLocale(wanted: string): Promise<void> {
  const language = languageOf([wanted]);
  if (language === undefined) return;
  const [ofRoom, ofDenial] = await Promise.all([room.load(language), denial.load(language)]);
  current.value = { room: ofRoom, denial: ofDenial };
  document.documentElement.lang = language;
}

/** The text for a key, in the language of the moment. */
export function t<K extends Key>(key: K, ...values: Arguments<English[K]>): string {
  return current.value.room.t(key, ...values);
}

export function isKey(key: string): key is Key {
  return room.english.has(key);
}

/** The text for a key that came from elsewhere, with `fallback` where there is none. */
export function tDynamic(key: string, values: Values, fallback: Key): string {
  return current.value.room.dynamic(key, values, fallback);
}

/** The words for a refusal, in the language of the moment. */
export function denialTexts() {
  return current.value.denial;
}
