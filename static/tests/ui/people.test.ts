import { describe, expect, it } from "vitest";
import type { LocalSource, MeetingState, Peer } from "../../src/store/types";
import { announcements, announceNew } from "../../src/ui/logic/announce";
import { handOrder } from "../../src/ui/logic/hands";
import { peopleOf, search } from "../../src/ui/logic/people";
import { rowsAround, rowsInView } from "../../src/ui/logic/rows";
import { pageStep } from "../../src/ui/logic/swipe";

const OFF: LocalSource = { status: "off", stream: null, error: null };

function peer(id: string, displayName: string, handRaisedAt: number | null = null): Peer {
  return {
    id,
    displayName,
    joinedAt: 0,
    role: "participant",
    language: "",
    handRaisedAt,
    absent: false,
    quality: "good",
    overrides: { mic: null, camera: null, screen: null },
    tracks: {},
  };
}

function state(peers: Peer[], mine: Partial<MeetingState["me"]> = {}) {
  return {
    me: {
      peerId: "me",
      displayName: "Me",
      nameFixed: false,
      role: "moderator" as const,
      viewer: false,
      permissions: {
        mic: true,
        camera: true,
        screen: true,
        chat: true,
        hand: true,
        moderate: true,
        record: false,
      },
      handRaisedAt: null,
      absent: false,
      quality: "good" as const,
      listening: "",
      language: "",
      interpreterProblem: "" as const,
      ...mine,
    },
    peers,
    local: { mic: OFF, camera: OFF, screen: OFF, screenAudio: OFF },
    viewerHands: [] as MeetingState["viewerHands"],
  };
}

describe("handOrder", () => {
  it("counts from who asked first, viewers and me among them", () => {
    const room = state([peer("a", "A", 30), peer("b", "B"), peer("c", "C", 10)], { handRaisedAt: 20 });
    room.viewerHands = [{ peerId: "v", displayName: "V", raisedAt: 5 }];
    expect([...handOrder(room)]).toEqual([
      ["v", 1],
      ["c", 2],
      ["me", 3],
      ["a", 4],
    ]);
  });

  it("is the same on every page where two hands went up at once", () => {
    expect([...handOrder(state([peer("b", "B", 1), peer("a", "A", 1)])).keys()]).toEqual(["a", "b"]);
  });
});

describe("peopleOf", () => {
  it("has me first, then hands in their order, then the others by name", () => {
    const room = state([peer("1", "zoe"), peer("2", "Åke", 9), peer("3", "Bob", 3), peer("4", "Émile")]);
    expect(peopleOf(room, "en").map(({ name }) => name)).toEqual(["Me", "Bob", "Åke", "Émile", "zoe"]);
  });

  it("leaves out a viewer, who is nobody's tile", () => {
    expect(peopleOf(state([peer("1", "A")], { viewer: true }), "en").map(({ id }) => id)).toEqual(["1"]);
  });
});

describe("search", () => {
  const people = peopleOf(state([peer("1", "José García"), peer("2", "Zoë")]), "en");

  it("knows neither case nor accents", () => {
    expect(search(people, "jose g").map(({ id }) => id)).toEqual(["1"]);
    expect(search(people, "ZOE").map(({ id }) => id)).toEqual(["2"]);
  });

  it("shows everybody until there is a word", () => {
    expect(search(people, "  ")).toHaveLength(3);
    expect(search(people, "x")).toEqual([]);
  });
});

describe("announcements", () => {
  it("tell of a hand once", () => {
    const before = [peer("a", "Ada")];
    const after = [peer("a", "Ada", 5)];
    expect(announcements(before, after)).toEqual([{ key: "announce.hand", values: { name: "Ada" } }]);
    expect(announcements(after, after)).toEqual([]);
    expect(announcements(after, before)).toEqual([]);
  });

  it("tell moderators who is new at the door", () => {
    const door = [{ peerId: "x", displayName: "Xi" }];
    expect(announceNew("door.one", [], door)).toEqual([{ key: "door.one", values: { name: "Xi" } }]);
    expect(announceNew("door.one", door, door)).toEqual([]);
  });

  it("count hands and people at the door where many come at once", () => {
    const names = ["Ada", "Ben", "Cleo"];
    const before = names.map((name) => peer(name, name));
    const after = names.map((name) => peer(name, name, 5));
    expect(announcements(before, after)).toEqual([{ key: "announce.manyHands", values: { count: 3 } }]);
    const door = names.map((name) => ({ peerId: name, displayName: name }));
    expect(announceNew("door.one", [], door)).toEqual([{ key: "door.many", values: { count: 3 } }]);
    expect(announceNew("announce.hand", [], door)).toEqual([
      { key: "announce.manyHands", values: { count: 3 } },
    ]);
  });
});

describe("a list's rows", () => {
  it("are all drawn where there are few", () => {
    expect(rowsInView(50, 48, 0, 800)).toEqual({ first: 0, end: 50 });
    expect(rowsInView(0, 48, 0, 800)).toEqual({ first: 0, end: 0 });
  });

  it("are drawn where they are in view, with some around them", () => {
    const { first, end } = rowsInView(300, 48, 100 * 48, 480);
    expect(first).toBeLessThanOrEqual(92);
    expect(end).toBeGreaterThanOrEqual(118);
    expect(end - first).toBeLessThan(40);
  });

  it("are drawn to the end, however far it is scrolled", () => {
    for (const above of [-500, 0, 280 * 48, 300 * 48, 1000 * 48]) {
      const { first, end } = rowsInView(300, 48, above, 480);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(300);
      expect(end - first).toBeGreaterThan(20);
    }
    expect(rowsInView(300, 48, 300 * 48 - 480, 480).end).toBe(300);
  });

  it("cover the view at each step of scrolling", () => {
    for (let above = 0; above <= 290 * 48; above += 17) {
      const { first, end } = rowsInView(300, 48, above, 480);
      expect(first * 48).toBeLessThanOrEqual(above);
      expect(end * 48).toBeGreaterThanOrEqual(Math.min(300 * 48, above + 480));
    }
  });
});

describe("the row with the keyboard's focus", () => {
  it("stays drawn, and all between it and those in view", () => {
    expect(rowsAround(3, { first: 20, end: 60 })).toEqual({ first: 3, end: 60 });
    expect(rowsAround(99, { first: 20, end: 60 })).toEqual({ first: 20, end: 100 });
    expect(rowsAround(30, { first: 20, end: 60 })).toEqual({ first: 20, end: 60 });
    expect(rowsAround(null, { first: 20, end: 60 })).toEqual({ first: 20, end: 60 });
  });
});

describe("a finger's way over the tiles", () => {
  it("leafs through the pages when it goes across", () => {
    expect(pageStep(-80, 10, 200)).toBe(1);
    expect(pageStep(80, -10, 200)).toBe(-1);
  });

  it("means something else when it is short, slow or goes up and down", () => {
    expect(pageStep(-20, 0, 100)).toBe(0);
    expect(pageStep(-80, 80, 200)).toBe(0);
    expect(pageStep(-80, 0, 2000)).toBe(0);
  });
});
