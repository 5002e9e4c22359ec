// The languages that people can read, and how one is chosen.

/** Each language in its own words: whoever looks for theirs can't read the others. */
const NAMES = {
  en: "English",
  fr: "Français",
  de: "Deutsch",
  lb: "Lëtzebuergesch",
  ru: "Русский",
} as const;

export type Language = keyof typeof NAMES;

export const LANGUAGES = Object.keys(NAMES) as readonly Language[];

export function languageName(language: Language): string {
  return NAMES[language];
}

/** The first of what somebody wants that there is: `["pt-BR", "fr-CH"]` is French. Undefined where there is none. */
export function languageOf(wanted: readonly string[]): Language | undefined {
  const names = wanted.map((tag) => tag.toLowerCase().split(/[-_]/)[0]);
  return names.find((name): name is Language => LANGUAGES.includes(name as Language));
}

/** What to write times and numbers in; not every browser knows Luxembourgish. */
export function localesOf(language: string): string[] {
  return language === "lb" ? ["lb", "de-LU", "de"] : [language];
}
