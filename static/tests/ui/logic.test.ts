import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inviteUrl } from "../../src/store/invite";
import type { LocalSource, MediaError } from "../../src/store/types";
import { localNotices, notify } from "../../src/ui/localNotices";
import { announcements } from "../../src/ui/logic/announce";
import { actionFor } from "../../src/ui/logic/keyboard";
import { nextIndex } from "../../src/ui/logic/menu";
import { cleanName, colourIndex, initials, nameProblem } from "../../src/ui/logic/names";
import { missingAllow, problemsOf } from "../../src/ui/logic/problems";
import { roomPath } from "../../src/ui/logic/roomPath";
import { hear, SILENT } from "../../src/ui/logic/speaking";
import { BOOT } from "../fakes/boot";

describe("initials", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["ada", "A"],
    ["Nikolai Rimsky-Korsakov von Hohenstein", "NH"],
    ["  王小明 ", "王"],
    ["(Zoë) [guest]", "ZG"],
    ["👩‍👩‍👧 ", "👩‍👩‍👧"],
    ["!!", "!"],
    ["", "?"],
  ])("of %j are %j", (name, expected) => {
    expect(initials(name)).toBe(expected);
  });
});

describe("names", () => {
  it("lose blanks that nobody sees", () => {
    expect(cleanName("  Ada \t Lovelace ")).toBe("Ada Lovelace");
  });

  it.each([
    ["", "welcome.nameMissing"],
    ["   ", "welcome.nameMissing"],
    ["a".repeat(65), "welcome.nameTooLong"],
    ["a".repeat(64), null],
    ["Ada", null],
  ])("%j has the problem %j", (name, expected) => {
    expect(nameProblem(name)).toBe(expected);
  });

  it("give the same person the same colour", () => {
    expect(colourIndex("peer-1", 8)).toBe(colourIndex("peer-1", 8));
    expect(new Set(Array.from({ length: 50 }, (_, index) => colourIndex(`peer-${index}`, 8))).size).toBe(8);
  });
});

describe("actionFor", () => {
  const press = (key: string, extra = {}) => ({
    key,
    code: "",
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    ...extra,
  });

  it.each([
    ["m", "mic"],
    ["V", "camera"],
    ["s", "share"],
    ["?", "help"],
    ["x", null],
    ["Escape", null],
  ])("%s means %s", (key, expected) => {
    expect(actionFor(press(key), false)).toBe(expected);
  });

  it("goes by the key's place where the layout has no Latin letters", () => {
    expect(actionFor(press("ь", { code: "KeyM" }), false)).toBe("mic");
  });

  it("goes by the letter where the layout has it elsewhere", () => {
    expect(actionFor(press("v", { code: "KeyM" }), false)).toBe("camera");
  });

  it.each(["ctrlKey", "metaKey", "altKey", "repeat"])("leaves keys with %s alone", (modifier) => {
    expect(actionFor(press("m", { [modifier]: true }), false)).toBeNull();
  });

  it("leaves typing alone", () => {
    expect(actionFor(press("m"), true)).toBeNull();
  });
});

describe("announcements", () => {
  const someone = (id: string, tracks = {}, handRaisedAt: number | null = null) => ({
    id,
    displayName: id,
    tracks,
    handRaisedAt,
  });

  it("name one or two people and count more", () => {
    const two = [someone("a"), someone("b")];
    const three = [...two, someone("c")];
    expect(announcements([], two).map((each) => each.key)).toEqual(["announce.joined", "announce.joined"]);
    expect(announcements([], three)).toEqual([{ key: "announce.manyJoined", values: { count: 3 } }]);
    expect(announcements(three, [])).toEqual([{ key: "announce.manyLeft", values: { count: 3 } }]);
  });

  it("tell who begins to share", () => {
    const sharing = someone("a", { screen: {} });
    expect(announcements([someone("a")], [sharing])).toEqual([
      { key: "announce.sharing", values: { name: "a" } },
    ]);
    expect(announcements([sharing], [sharing])).toEqual([]);
  });
});

describe("problemsOf", () => {
  const source = (error: MediaError | null): LocalSource => ({ status: "off", stream: null, error });

  it("are one where both devices have the same", () => {
    expect(problemsOf(source("denied"), source("denied"))).toEqual([{ device: "both", error: "denied" }]);
  });

  it("are one each where they differ", () => {
    expect(problemsOf(source("missing"), source("busy"))).toEqual([
      { device: "camera", error: "busy" },
      { device: "mic", error: "missing" },
    ]);
    expect(problemsOf(source(null), source(null))).toEqual([]);
  });
});

describe("what an iframe's allow lacks", () => {
  const page = (...allowed: string[]) => ({
    permissionsPolicy: { allowsFeature: (feature: string) => allowed.includes(feature) },
  });

  it.each([
    ["both", [], "camera; microphone"],
    ["both", ["camera"], "microphone"],
    ["camera", ["microphone"], "camera"],
    ["mic", ["microphone"], ""],
  ] as const)("for %s where %j are allowed is %j", (device, allowed, expected) => {
    expect(missingAllow(device, page(...allowed))).toBe(expected);
  });

  it("is nothing where the browser doesn't tell", () => {
    expect(missingAllow("both", {})).toBe("");
  });
});

describe("the page's own messages", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.runAllTimers();
    vi.useRealTimers();
  });

  it("are there once, however often they are told", () => {
    for (let times = 0; times < 3; times += 1) notify("info", "room.linkCopied");
    notify("info", "notice.kicked", { name: "Ada" });
    notify("info", "notice.kicked", { name: "Ben" });
    notify("info", "notice.kicked", { name: "Ada" });
    expect(localNotices.value.map(({ key, values }) => [key, values.name])).toEqual([
      ["room.linkCopied", undefined],
      ["notice.kicked", "Ben"],
      ["notice.kicked", "Ada"],
    ]);
  });

  it("go after a while", () => {
    notify("info", "room.linkCopied");
    vi.runAllTimers();
    expect(localNotices.value).toEqual([]);
  });
});

describe("links", () => {
  it("invite to the room and carry nothing of mine", () => {
    const bare = { ...BOOT, interface: "webinar", roomId: "x-1" } as const;
    expect(inviteUrl("https://a.example", bare)).toBe("https://a.example/webinar/?roomId=x-1");
    expect(inviteUrl("https://a.example", { ...bare, opensBare: false })).toBe(null);
    const attributes = { ...BOOT.attributes, inviteUrl: "https://shop.example/team" };
    for (const opensBare of [true, false]) {
      expect(inviteUrl("https://a.example", { ...bare, opensBare, attributes })).toBe(attributes.inviteUrl);
    }
  });

  it.each([
    ["serv0demo", "/call/?roomId=serv0demo"],
    [" demo ", "/call/?roomId=demo"],
    ["https://a.example/webinar/?roomId=demo&lang=de", "/webinar/?roomId=demo&lang=de"],
    ["a.example/call/?roomId=demo", "/call/?roomId=demo"],
    ["https://b.example/call/?roomId=demo", null],
    ["https://a.example/admin/?roomId=demo", null],
    ["https://a.example/call/", null],
    ["two words", null],
    ["", null],
  ])("%j leads to %j", (text, expected) => {
    expect(roomPath(text, "https://a.example")).toBe(expected);
  });
});

describe("hear", () => {
  it("lights up for a voice, stays over the gaps between words, and goes out", () => {
    const loud = hear(SILENT, 0.5, 1000);
    expect(loud.on).toBe(true);
    expect(hear(loud, 0, 1400).on).toBe(true);
    expect(hear(loud, 0, 1700).on).toBe(false);
  });

  it("ignores a murmur unless somebody speaks already", () => {
    expect(hear(SILENT, 0.045, 0).on).toBe(false);
    expect(hear({ on: true, heardAt: 0 }, 0.045, 5000)).toEqual({ on: true, heardAt: 5000 });
  });
});

describe("nextIndex", () => {
  it.each([
    ["ArrowDown", 0, 1],
    ["ArrowDown", 2, 0],
    ["ArrowDown", -1, 0],
    ["ArrowUp", 0, 2],
    ["ArrowUp", -1, 2],
    ["Home", 2, 0],
    ["End", 0, 2],
    ["m", 0, null],
  ])("%s at %i of three goes to %s", (key, index, expected) => {
    expect(nextIndex(key, index, 3)).toBe(expected);
  });

  it("has nowhere to go in an empty menu", () => {
    expect(nextIndex("ArrowDown", -1, 0)).toBeNull();
  });
});
