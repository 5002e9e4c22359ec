import { IdentityKeeper } from "meet-client/room/identity";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { denial, denialWords, isCode } from "../../src/i18n/denial";
import { en } from "../../src/i18n/denial/en";
import { localesOf } from "../../src/i18n/language";
import { countdownText, leftMs } from "../../src/pages/denial/countdown";
import { resume } from "../../src/pages/denial/resume";

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
  const codes = Object.keys(en).flatMap((key) => key.match(/^denial\.(\w+)\.title$/)?.[1] ?? []);

  it.each(["fr", "de", "lb", "ru"] as const)("of %s are all there, and not English", async (language) => {
    const texts = await denial.load(language);
    expect(codes.length).toBe(18);
    for (const code of codes) {
      if (!isCode(code)) throw new Error(code);
      const [words, english] = [denialWords(texts, code), denialWords(denial.english, code)];
      expect(words.title).not.toBe(english.title);
      expect(words.message).not.toBe(english.message);
      expect(words.hint === "").toBe(english.hint === "");
    }
  });

  it.each(["toString", "", "kicked"])("of %j are not here", (code) => {
    expect(isCode(code)).toBe(false);
  });
});

describe("who was in, after the end of their token", () => {
  const KEPT = "meet.identity.room";
  const PAGE = {
    code: "tokenExpired",
    ticketUrl: "/tickets/",
    interface: "call",
    search: "?roomId=room&token=t",
  };
  let tab: Map<string, string>;
  let keeper: IdentityKeeper;

  const answering = (status: number, body: object) =>
    vi.fn<typeof window.fetch>(async () => new Response(JSON.stringify(body), { status }));

  const storageOf = (values: Map<string, string>) => ({
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  });

  beforeEach(() => {
    tab = new Map([[KEPT, "kept identity"]]);
    keeper = new IdentityKeeper(
      { tab: () => storageOf(tab), browser: () => storageOf(new Map([["meet.removed.room", "removed"]])) },
      "room",
    );
  });

  it.each(["tokenExpired", "tokenOver"])("comes back where the page says %s", async (code) => {
    const fetch = answering(200, { roomId: "room" });
    expect(await resume({ ...PAGE, code }, keeper, fetch)).toEqual({ roomId: "room" });
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1]?.body))).toEqual({
      interface: "call",
      query: "?roomId=room&token=t",
      identity: "kept identity",
      page: true,
    });
    expect(tab.get(KEPT)).toBe("kept identity"); // for the room's page
  });

  it("is nobody where the tab has kept nothing, as a duplicated one", async () => {
    tab.clear();
    const fetch = answering(200, {});
    expect(await resume(PAGE, keeper, fetch)).toBeNull();
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each(["accessDenied", "tokenInvalid", "tooEarly", "noNode"])(
    "keeps it, unasked, at %s",
    async (code) => {
      const fetch = answering(200, {});
      expect(await resume({ ...PAGE, code }, keeper, fetch)).toBeNull();
      expect(fetch).not.toHaveBeenCalled();
      expect(tab.size).toBe(1);
    },
  );

  it("is refused once the account's time is over, and then forgotten", async () => {
    expect(await resume(PAGE, keeper, answering(403, { error: { code: "tokenExpired" } }))).toBeNull();
    expect(tab.size).toBe(0);
  });

  it("may try again where the server is away", async () => {
    expect(await resume(PAGE, keeper, answering(503, {}))).toBeNull();
    expect(await resume(PAGE, keeper, () => Promise.reject(new TypeError("no network")))).toBeNull();
    expect(tab.get(KEPT)).toBe("kept identity");
  });
});
