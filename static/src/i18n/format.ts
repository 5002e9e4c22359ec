// Turns a message and its values into text. Pure.

export type Values = Readonly<Record<string, string | number>>;
export type Message =
  | string
  | ({ readonly other: string } & Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>);

const rules = new Map<string, Intl.PluralRules>();

function pluralRules(locale: string): Intl.PluralRules {
  let rule = rules.get(locale);
  if (!rule) {
    rule = new Intl.PluralRules(locale);
    rules.set(locale, rule);
  }
  return rule;
}

/** `{word}` becomes the value of that name; a name without a value stays as it is, so that it is seen. */
export function format(message: Message, values: Values, locale: string): string {
  const text =
    typeof message === "string"
      ? message
      : (message[pluralRules(locale).select(Number(values.count ?? 0))] ?? message.other);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? value.toLocaleString(locale) : value;
  });
}
