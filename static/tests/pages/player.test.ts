import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../../src/i18n/language";
import { player } from "../../src/i18n/player";
import { chapterAt, titleOf } from "../../src/pages/player/chapters";
import { actionOf } from "../../src/pages/player/keys";
import { type Memory, remember, rememberedS } from "../../src/pages/player/position";
import { backgroundOf, readSheet, thumbnailAt } from "../../src/pages/player/thumbnails";
import { clock } from "../../src/pages/player/time";
import type { ListedChapter, ListedHappening } from "../../src/wire/player";

const VTT = `WEBVTT

00:00:00.000 --> 00:00:02.000
sprite.jpg#xywh=0,0,160,90

00:00:02.000 --> 00:00:04.000
sprite.jpg#xywh=160,0,160,90

01:00:04.000 --> 01:00:05.500
sprite.jpg#xywh=0,90,160,90
`;

function chapter(startS: number, ...happenings: [ListedHappening["kind"], string][]): ListedChapter {
  const told = happenings.map(([kind, displayName]) => ({
    atS: startS,
    kind,
    peerId: displayName,
    displayName,
  }));
  return { startS, endS: startS + 10, title: "", happenings: told };
}

function press(key: string, more: Partial<KeyboardEvent> = {}) {
  return { key, ctrlKey: false, altKey: false, metaKey: false, ...more };
}

function memory(): Memory {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

describe("a sheet of pictures", () => {
  it("knows the place of each picture and its own size", () => {
    const sheet = readSheet(VTT);
    expect([sheet.width, sheet.height]).toEqual([320, 180]);
    expect(sheet.thumbnails[2]).toEqual({
      fromS: 3604,
      toS: 3605.5,
      left: 0,
      top: 90,
      width: 160,
      height: 90,
    });
  });

  it("has the picture of a moment, and the last one for what is later", () => {
    const sheet = readSheet(VTT);
    expect(thumbnailAt(sheet, 2)?.left).toBe(160);
    expect(thumbnailAt(sheet, 9999)?.top).toBe(90);
    expect(thumbnailAt(readSheet(""), 1)).toBeUndefined();
  });

  it("shows one picture in a box of any size", () => {
    const sheet = readSheet(VTT);
    const shown = backgroundOf(sheet, '/a"b.jpg', {
      fromS: 0,
      toS: 2,
      left: 160,
      top: 90,
      width: 160,
      height: 90,
    });
    expect(shown).toEqual({
      backgroundImage: 'url("/a\\"b.jpg")',
      backgroundSize: "200% 200%",
      backgroundPosition: "100% 100%",
    });
  });

  it.each(["", "nonsense", "00:00:00.000 --> 00:00:02.000\nsprite.jpg"])("reads nothing from %j", (text) => {
    expect(readSheet(text)).toEqual({ thumbnails: [], width: 0, height: 0 });
  });
});

describe("chapters", () => {
  const en = player.english;

  it("are called by who comes and who shares", () => {
    expect(titleOf(chapter(0), en)).toBe("Start");
    expect(titleOf(chapter(0, ["join", "Ann"]), en)).toBe("Ann joined");
    expect(titleOf(chapter(0, ["join", "Ann"], ["join", "Ben"], ["join", "Cleo"]), en)).toBe(
      "Ann, Ben and Cleo joined",
    );
    expect(titleOf(chapter(0, ...(["A", "B", "C", "D"].map((name) => ["join", name]) as [])), en)).toBe(
      "A, B and 2 others joined",
    );
    expect(titleOf(chapter(0, ["join", "Ann"], ["share", "Ben"]), en)).toBe("Ben shares a screen");
  });

  it("are called by who leaves and who shares no more, where nothing begins", () => {
    expect(titleOf(chapter(9, ["leave", "Ann"], ["leave", "Ben"]), en)).toBe("Ann and Ben left");
    expect(titleOf(chapter(9, ["leave", "Ann"], ["join", "Ben"]), en)).toBe("Ben joined");
    expect(titleOf(chapter(9, ["shareEnd", "Ann"]), en)).toBe("Ann shares no screen any more");
    expect(titleOf(chapter(9, ["shareEnd", "Ann"], ["leave", "Ann"]), en)).toBe("Ann left");
  });

  it("are called so in each language", async () => {
    for (const language of LANGUAGES) {
      const texts = await player.load(language);
      for (const kind of ["join", "share", "leave", "shareEnd"] as const) {
        const made = chapter(0, [kind, "Ann"]);
        expect(titleOf(made, texts)).toContain("Ann");
      }
    }
  });

  it.each([
    ["en", "Ann, Ben and Cleo joined", "Ann left", "A, B and 2 others left"],
    ["fr", "Arrivée de Ann, Ben et Cleo", "Départ de Ann", "Départ de A, B et 2 autres"],
    ["de", "Ann, Ben und Cleo kommen dazu", "Ann geht", "A, B und 2 weitere gehen"],
    ["lb", "Ann, Ben an Cleo kommen dobäi", "Ann geet", "A, B an 2 anerer ginn"],
    ["ru", "Подключение: Ann, Ben, Cleo", "Выход: Ann", "Выход: A, B, ещё 2"],
  ] as const)("name all of them in %s", async (language, joined, left, many) => {
    const texts = await player.load(language);
    expect(titleOf(chapter(0, ["join", "Ann"], ["join", "Ben"], ["join", "Cleo"]), texts)).toBe(joined);
    expect(titleOf(chapter(9, ["leave", "Ann"]), texts)).toBe(left);
    const four = ["A", "B", "C", "D"].map((name) => ["leave", name]) as [];
    expect(titleOf(chapter(9, ...four), texts)).toBe(many);
  });

  it("are found by a moment in them", () => {
    const all = [chapter(0), chapter(11), chapter(30)];
    expect([0, 10.9, 11, 99].map((timeS) => chapterAt(all, timeS)?.startS)).toEqual([0, 0, 11, 30]);
    expect(chapterAt([], 5)).toBeUndefined();
  });
});

describe("keys", () => {
  it("play, go, and change sound and speed", () => {
    expect(actionOf(press(" "), "none")).toEqual({ act: "toggle" });
    expect(actionOf(press("F"), "button")).toEqual({ act: "fullscreen" });
    expect(actionOf(press("ArrowRight"), "seek")).toEqual({ act: "by", seconds: 5 });
    expect(actionOf(press("<"), "none")).toEqual({ act: "speed", by: -1 });
  });

  it.each([
    ["the browser's", press("f", { ctrlKey: true }), "none"],
    ["a button's own", press(" "), "button"],
    ["the volume's own", press("ArrowUp"), "slider"],
    ["a list's own", press("ArrowDown"), "select"],
    ["typed", press("m"), "text"],
    ["nothing", press("z"), "none"],
  ] as const)("are left alone where they are %s", (_, event, focus) => {
    expect(actionOf(event, focus)).toBeNull();
  });
});

describe("the place where one was", () => {
  it("is kept, but not that of the beginning or the end", () => {
    const kept = memory();
    remember(() => kept, 7, 61.8, 300);
    expect(rememberedS(() => kept, 7, 300)).toBe(61);
    expect(rememberedS(() => kept, 8, 300)).toBe(0);
    expect(rememberedS(() => kept, 7, 65)).toBe(0);
    for (const timeS of [5, 295]) {
      remember(() => kept, 7, 61, 300);
      remember(() => kept, 7, timeS, 300);
      expect(rememberedS(() => kept, 7, 300)).toBe(0);
    }
  });

  it("is forgotten where the browser forbids to keep anything", () => {
    const forbidden = (): Memory => {
      throw new DOMException("denied", "SecurityError");
    };
    expect(() => remember(forbidden, 7, 61, 300)).not.toThrow();
    expect(rememberedS(forbidden, 7, 300)).toBe(0);
  });
});

describe("texts and times", () => {
  it("are those of the first language that there is", async () => {
    expect((await player.begin(["nl-BE", "fr-CA", "de"])).language).toBe("fr");
    expect((await player.begin(["nl"])).language).toBe("en");
    expect((await player.begin([])).language).toBe("en");
  });

  it("are written as players do", () => {
    expect([0, 62.9, 3723, -1].map(clock)).toEqual(["0:00", "1:02", "1:02:03", "0:00"]);
  });
});
