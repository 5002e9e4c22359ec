// Words for people. `t` reads a signal, so whatever renders with it renders again when the language changes.

import { signal } from "@preact/signals";
import { format, type Values } from "./format";
import { en, type Key, type Messages } from "./room/en";

export type { Key, Messages } from "./room/en";

/** Every language but English is one file that is loaded when it is chosen: `{ de: () => import("./room/de") }`. */
const loaders: Readonly<Record<string, () => Promise<{ default: Messages }>>> = {
  fr: () => import("./room/fr"),
  de: () => import("./room/de"),
  lb: () => import("./room/lb"),
  ru: () => import("./room/ru"),
};

/** Each language in its own words: whoever looks for theirs can't read the others. */
const NAMES: Readonly<Record<string, string>> = {
  en: "English",
  fr: "Français",
  de: "Deutsch",
  lb: "Lëtzebuergesch",
  ru: "Русский",
};

type Placeholders<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type MessageText<K extends Key> = (typeof en)[K] extends string
  ? (typeof en)[K]
  : (typeof en)[K][keyof (typeof en)[K]];
type ValuesOf<K extends Key> = Record<Placeholders<MessageText<K>>, string | number>;
type Arguments<K extends Key> = [Placeholders<MessageText<K>>] extends [never] ? [] : [values: ValuesOf<K>];

const current = signal<{ locale: string; messages: Messages }>({ locale: "en", messages: en });

/** The language shown at the moment. */
export function locale(): string {
  return current.value.locale;
}

export function availableLocales(): string[] {
  return ["en", ...Object.keys(loaders)];
}

export function languageName(code: string): string {
  return NAMES[code] ?? code;
}

/**
 * Change the language; everything visible follows. A language that we don't have changes nothing; one that could not
 * be loaded rejects.
 */
export async function setLocale(wanted: string): Promise<void> {
  const name = wanted.toLowerCase().split(/[-_]/)[0] ?? "";
  const messages = name === "en" ? en : (await loaders[name]?.())?.default;
  if (!messages) return;
  current.value = { locale: name, messages };
  document.documentElement.lang = name;
}

/** The text for a key, in the language of the moment. */
export function t<K extends Key>(key: K, ...values: Arguments<K>): string {
  const { locale, messages } = current.value;
  return format(messages[key], (values[0] ?? {}) as Values, locale);
}

export function isKey(key: string): key is Key {
  return Object.hasOwn(en, key);
}

/** The text for a key that came from elsewhere, with `fallback` where there is none. */
export function tDynamic(key: string, values: Values, fallback: Key): string {
  const { locale, messages } = current.value;
  return format(messages[isKey(key) ? key : fallback], values, locale);
}
