// The texts of one area, a folder here: a page has its own areas only, and of each English and the language it speaks.

import { type Arguments, format, type Source, type Translation, type Values } from "./format";
import { type Language, languageOf } from "./language";

type Loaders<E extends Source> = Readonly<
  Record<Exclude<Language, "en">, () => Promise<{ default: Translation<E> }>>
>;

/** An area's texts in one language. */
export class Texts<E extends Source> {
  constructor(
    readonly language: Language,
    private readonly messages: Translation<E>,
  ) {}

  /** The text for a key. */
  t<K extends keyof E>(key: K, ...values: Arguments<E[K]>): string {
    return format(this.messages[key], (values[0] ?? {}) as Values, this.language);
  }

  has<K extends PropertyKey>(key: K): key is K & keyof E {
    return Object.hasOwn(this.messages, key);
  }

  /** The text for a key that came from elsewhere, with `fallback` where there is none. */
  dynamic(key: string, values: Values, fallback: keyof E): string {
    return format(this.messages[this.has(key) ? key : fallback], values, this.language);
  }
}

export class Area<E extends Source> {
  readonly english: Texts<E>;

  constructor(
    english: E & Translation<E>,
    private readonly loaders: Loaders<E>,
  ) {
    this.english = new Texts<E>("en", english);
  }

  /** Rejects where the language's file can't be loaded. */
  async load(language: Language): Promise<Texts<E>> {
    if (language === "en") return this.english;
    return new Texts<E>(language, (await this.loaders[language]()).default);
  }

  /** In the first wanted language that there is; in English where there is none or it can't be loaded. */
  async begin(wanted: readonly string[]): Promise<Texts<E>> {
    try {
      return await this.load(languageOf(wanted) ?? "en");
    } catch (error) {
      console.warn("The language did not load:", error);
      return this.english;
    }
  }
}
