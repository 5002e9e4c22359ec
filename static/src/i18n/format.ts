// Turns a message and its values into text. Pure.

import { localesOf } from "./language";

export type Values = Readonly<Record<string, string | number>>;
type Plural = { readonly other: string } & Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;
export type Message = string | Plural;

/** An area's English texts by key: what all other languages are measured by. */
export type Source = Readonly<Record<string, Message>>;

/** What a language's file exports: every key, plural where English is. A missing or extra key is a type error. */
export type Translation<E extends Source> = {
  readonly [K in keyof E]: E[K] extends string ? string : Plural;
};

type Placeholders<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type Needed<M> = M extends string ? Placeholders<M> : Placeholders<M[keyof M]> | "count";

/** The values that a message needs; none where its English has no placeholder. */
export type Arguments<M> = [Needed<M>] extends [never] ? [] : [values: Record<Needed<M>, string | number>];

const rules = new Map<string, Intl.PluralRules>();

function pluralRules(language: string): Intl.PluralRules {
  let rule = rules.get(language);
  if (!rule) {
    rule = new Intl.PluralRules(localesOf(language));
    rules.set(language, rule);
  }
  return rule;
}

/** `{word}` becomes the value of that name; a name without a value stays as it is, so that it is seen. */
export function format(message: Message, values: Values, language: string): string {
  const text =
    typeof message === "string"
      ? message
      : (message[pluralRules(language).select(Number(values.count ?? 0))] ?? message.other);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return whole;
    return typeof value === "number" ? value.toLocaleString(localesOf(language)) : value;
  });
}
