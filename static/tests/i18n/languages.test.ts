// Every language says everything that English does, with the same values in it, in every area.

import { describe, expect, it, vi } from "vitest";
import { Area } from "../../src/i18n/area";
import { format, type Message } from "../../src/i18n/format";
import { LANGUAGES, languageName, languageOf } from "../../src/i18n/language";
import ru from "../../src/i18n/room/ru";
import { AREAS, FOLDERS, forms } from "./areas";

const COUNTS = [0, 1, 2, 3, 4, 5, 11, 14, 21, 22, 100, 101, 112];
const TRANSLATIONS = Object.entries(AREAS).flatMap(([area, { english, translations, alike }]) =>
  Object.entries(translations).map(
    ([language, messages]) => [area, language, english, messages, alike] as const,
  ),
);

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();
}

it("tests every area and every language there is", () => {
  expect(Object.keys(AREAS).sort()).toEqual([...FOLDERS].sort());
  expect(TRANSLATIONS.length).toBe(FOLDERS.length * (LANGUAGES.length - 1));
  for (const { english } of Object.values(AREAS)) expect(Object.keys(english).length).toBeGreaterThan(20);
  for (const code of LANGUAGES) expect(languageName(code)).not.toBe(code);
});

describe.each(TRANSLATIONS)("%s in %s", (_area, code, english, messages, alike) => {
  const keys = Object.keys(english);

  it("has exactly the keys of English", () => {
    expect(Object.keys(messages).sort()).toEqual([...keys].sort());
  });

  it.each(keys)("%s has text, and the values of English", (key) => {
    const wanted = placeholders(forms(english[key] ?? "")[0] ?? "");
    expect(forms(messages[key] ?? "").length).toBeGreaterThan(0);
    for (const text of forms(messages[key] ?? "")) {
      expect(text.trim()).toBe(text);
      expect(text).not.toBe("");
      expect(placeholders(text)).toEqual(wanted);
    }
  });

  it("has plural forms where English has them, and every one that its numbers need", () => {
    const needed = new Set(COUNTS.map((count) => new Intl.PluralRules(code).select(count)));
    for (const key of keys) {
      const message: Message = messages[key] ?? "";
      expect(typeof message).toBe(typeof english[key]);
      if (typeof message !== "string")
        expect(Object.keys(message)).toEqual(expect.arrayContaining([...needed]));
    }
  });

  it("is not English with another name", () => {
    const same = keys.filter((key) => JSON.stringify(messages[key]) === JSON.stringify(english[key]));
    expect(same.length).toBeLessThanOrEqual(alike);
  });
});

it.each(Object.entries(AREAS))(
  "English in %s has text, with the same values in each form",
  (_area, { english }) => {
    for (const message of Object.values(english)) {
      const [first = "", ...others] = forms(message);
      for (const text of [first, ...others]) {
        expect(text.trim()).toBe(text);
        expect(text).not.toBe("");
        expect(placeholders(text)).toEqual(placeholders(first));
      }
      if (typeof message !== "string") expect(Object.keys(message).sort()).toEqual(["one", "other"]);
    }
  },
);

describe("the language", () => {
  it.each([
    [["pt-BR", "fr-CH", "de"], "fr"],
    [["DE_at"], "de"],
    [["toString", "__proto__"], undefined],
    [[""], undefined],
    [[], undefined],
  ])("of who wants %j is %s", (wanted, language) => {
    expect(languageOf(wanted)).toBe(language);
  });

  const en = { "a.word": "Word" } as const;
  const loaded = (word: string) => async () => ({ default: { "a.word": word } });
  const broken = () => Promise.reject(new TypeError("no network"));

  it("is loaded when it is chosen, and English where there is none or it can't be loaded", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const area = new Area<typeof en>(en, { fr: loaded("Mot"), de: loaded("Wort"), lb: broken, ru: broken });
    expect((await area.begin(["it", "de-LU"])).t("a.word")).toBe("Wort");
    expect((await area.begin(["it"])).language).toBe("en");
    const instead = await area.begin(["lb"]);
    expect([instead.language, instead.t("a.word")]).toEqual(["en", "Word"]);
    await expect(area.load("lb")).rejects.toThrow("no network");
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
