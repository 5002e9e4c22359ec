// Every language says everything that English does, with the same values in it.

import { describe, expect, it } from "vitest";
import { availableLocales, languageName, type Messages } from "../../src/i18n";
import { format, type Message } from "../../src/i18n/format";
import de from "../../src/i18n/room/de";
import { en, type Key } from "../../src/i18n/room/en";
import fr from "../../src/i18n/room/fr";
import lb from "../../src/i18n/room/lb";
import ru from "../../src/i18n/room/ru";

const LANGUAGES: Record<string, Messages> = { de, fr, lb, ru };
const KEYS = Object.keys(en) as Key[];
const COUNTS = [0, 1, 2, 3, 4, 5, 11, 14, 21, 22, 100, 101, 112];

function forms(message: Message): string[] {
  return typeof message === "string" ? [message] : Object.values(message);
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();
}

it("tests every language there is", () => {
  expect(Object.keys(LANGUAGES).sort()).toEqual(
    availableLocales()
      .filter((code) => code !== "en")
      .sort(),
  );
  for (const code of availableLocales()) expect(languageName(code)).not.toBe(code);
});

describe.each(Object.entries(LANGUAGES))("%s", (code, messages) => {
  it("has exactly the keys of English", () => {
    expect(Object.keys(messages).sort()).toEqual([...KEYS].sort());
  });

  it.each(KEYS)("%s has text, and the values of English", (key) => {
    const wanted = placeholders(forms(en[key])[0] ?? "");
    for (const text of forms(messages[key])) {
      expect(text.trim()).toBe(text);
      expect(text).not.toBe("");
      expect(placeholders(text)).toEqual(wanted);
    }
  });

  it("has every plural form that its numbers need", () => {
    const needed = new Set(COUNTS.map((count) => new Intl.PluralRules(code).select(count)));
    for (const key of KEYS) {
      const message: Message = messages[key];
      if (typeof message !== "string")
        expect(Object.keys(message)).toEqual(expect.arrayContaining([...needed]));
    }
  });

  it("is not English with another name", () => {
    const same = KEYS.filter((key) => JSON.stringify(messages[key]) === JSON.stringify(en[key]));
    expect(same.length).toBeLessThan(12);
  });
});

describe("Russian counts", () => {
  it.each([
    [1, "1 новое сообщение"],
    [2, "2 новых сообщения"],
    [5, "5 новых сообщений"],
    [11, "11 новых сообщений"],
    [21, "21 новое сообщение"],
    [104, "104 новых сообщения"],
  ])("%i messages", (count, expected) => {
    expect(format(ru["chat.new"], { count }, "ru")).toBe(expected);
  });
});
