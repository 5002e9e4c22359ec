import { describe, expect, it } from "vitest";
import { isCode, localesOf, TEXTS } from "../../src/i18n/denials";
import { countdownText, leftMs } from "../../src/pages/denial/countdown";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

describe("the time to an event", () => {
  it.each([
    [0, "00:00"],
    [1, "00:01"],
    [SECOND, "00:01"],
    [59_999, "01:00"],
    [10 * 60 * SECOND + 5 * SECOND, "10:05"],
    [HOUR, "1:00:00"],
    [DAY - 1, "1 day 00:00:00"],
    [2 * DAY + 3 * HOUR + 4 * 60 * SECOND + 5 * SECOND, "2 days 03:04:05"],
  ])("%i ms is shown as %s", (ms, text) => {
    expect(countdownText(ms, ["en"])).toBe(text);
  });

  it("has days in the person's language", () => {
    expect(countdownText(2 * DAY, ["de"])).toBe("2 Tage 00:00:00");
    expect(countdownText(2 * DAY, localesOf("lb"))).toContain(" 00:00:00");
  });

  it.each([-5 * HOUR, 0, 5 * HOUR])("is the server's, also where the own clock is %i ms off", (off) => {
    const clocks = { serverMs: 1_000_000, localMs: 1_000_000 + off };
    expect(leftMs(1_060_000, 1_000_000 + off, clocks)).toBe(60_000);
    expect(leftMs(1_060_000, 1_059_000 + off, clocks)).toBe(1000);
    expect(leftMs(1_060_000, 1_090_000 + off, clocks)).toBe(0);
  });
});

describe("the words", () => {
  const { en, ...others } = TEXTS;

  it.each(Object.entries(others))("of %s are all there, and not English", (_language, texts) => {
    expect(Object.keys(texts.denials)).toEqual(Object.keys(en.denials));
    for (const [code, words] of Object.entries(texts.denials)) {
      if (!isCode(code)) throw new Error(code);
      expect(words.title).not.toBe(en.denials[code].title);
      expect(words.message).not.toBe(en.denials[code].message);
      expect(words.hint === "").toBe(en.denials[code].hint === "");
    }
  });
});
