import { describe, expect, it } from "vitest";
import type { LocalSource, Peer, RemoteTrack } from "../../src/store/types";
import { arrange, arrangeAround, clampPage } from "../../src/ui/layout/arrange";
import { stageLayout } from "../../src/ui/layout/stage";
import {
  inOrderOfAppearance,
  lastSpeaker,
  speakerFirst,
  stagedKey,
  tilesOf,
} from "../../src/ui/layout/tiles";

const OFF: LocalSource = { status: "off", stream: null, error: null };
const stream = {} as MediaStream;

function track(source: RemoteTrack["source"], paused = false): RemoteTrack {
  return {
    producerId: source,
    consumerId: source,
    kind: "video",
    source,
    language: "",
    paused,
    stream,
    spatialLayer: null,
    exceedsLink: false,
    serverBusy: false,
  };
}

function peer(id: string, tracks: Peer["tracks"] = {}): Peer {
  const displayName = id.toUpperCase();
  return {
    id,
    displayName,
    joinedAt: 0,
    role: "participant",
    language: "",
    handRaisedAt: null,
    absent: false,
    quality: "good",
    overrides: { mic: null, camera: null, screen: null },
    tracks,
  };
}

function state(peers: Peer[], local: Partial<Record<"mic" | "camera" | "screen", LocalSource>> = {}) {
  return {
    me: {
      peerId: "me",
      displayName: "Me",
      nameFixed: false,
      role: "participant" as const,
      viewer: false,
      permissions: {
        mic: true,
        camera: true,
        screen: true,
        chat: true,
        hand: true,
        moderate: false,
        record: false,
      },
      handRaisedAt: null,
      absent: false,
      quality: "good" as const,
      listening: "",
      language: "",
      interpreterProblem: "" as const,
    },
    viewerHands: [],
    videoUrl: "",
    recordingSince: null,
    local: { mic: OFF, camera: OFF, screen: OFF, screenAudio: OFF, ...local },
    peers,
  };
}

describe("tilesOf", () => {
  it("shows me alone", () => {
    expect(tilesOf(state([])).map((tile) => tile.key)).toEqual(["camera:me"]);
  });

  it("keeps the order of joining, with me second", () => {
    const keys = tilesOf(state([peer("a"), peer("b"), peer("c")])).map((tile) => tile.key);
    expect(keys).toEqual(["camera:a", "camera:me", "camera:b", "camera:c"]);
  });

  it("puts shared screens first, mine included", () => {
    const sharing = { screen: { status: "on", stream, error: null } as LocalSource };
    const keys = tilesOf(state([peer("a"), peer("b", { screen: track("screen") })], sharing)).map(
      (tile) => tile.key,
    );
    expect(keys.slice(0, 2)).toEqual(["screen:b", "screen:me"]);
  });

  it("shows no picture and no voice of somebody who has paused them", () => {
    const [tile] = tilesOf(state([peer("a", { camera: track("camera", true), mic: track("mic", true) })]));
    expect(tile).toMatchObject({ video: null, audio: null, micOn: false });
  });

  it("shows the avatar and says so where my connection doesn't carry the picture", () => {
    const camera = { ...track("camera"), exceedsLink: true };
    const [tile] = tilesOf(state([peer("a", { camera })]));
    expect(tile).toMatchObject({ video: null, exceedsLink: true, cameraOn: true });
    const [off] = tilesOf(state([peer("a", { camera: { ...camera, paused: true } })]));
    expect(off).toMatchObject({ video: null, exceedsLink: false });
  });

  it("shows the avatar and says so where the server has no time for the picture", () => {
    const camera = { ...track("camera"), serverBusy: true };
    const [tile] = tilesOf(state([peer("a", { camera })]));
    expect(tile).toMatchObject({ video: null, exceedsLink: false, serverBusy: true });
    const [off] = tilesOf(state([peer("a", { camera: { ...camera, paused: true } })]));
    expect(off).toMatchObject({ video: null, serverBusy: false });
  });

  it("shows mine only while it is on", () => {
    const starting: LocalSource = { status: "starting", stream, error: null };
    const tile = tilesOf(state([], { camera: starting, mic: { ...starting, status: "on" } }))[0];
    expect(tile).toMatchObject({ video: null, micOn: true, self: true });
  });
});

describe("stagedKey", () => {
  const tiles = tilesOf(
    state([peer("a", { screen: track("screen") }), peer("b", { screen: track("screen") })], {
      screen: { status: "on", stream, error: null },
    }),
  );

  it("is the screen that appeared last", () => {
    expect(stagedKey(tiles, ["screen:b", "screen:a"])).toBe("screen:a");
  });

  it("is never my own", () => {
    expect(stagedKey(tiles, ["screen:a", "screen:b", "screen:me"])).toBe("screen:b");
    expect(stagedKey(tilesOf(state([])), [])).toBeNull();
  });
});

describe("inOrderOfAppearance", () => {
  it("forgets what is gone and appends what is new", () => {
    expect(inOrderOfAppearance(["a", "b", "c"], ["d", "c", "a"])).toEqual(["a", "c", "d"]);
  });
});

describe("stageLayout", () => {
  it("leaves everything to the stage when there is nobody else", () => {
    expect(stageLayout(0, 800, 600)).toMatchObject({ stage: { width: 800, height: 600 }, pages: 0 });
  });

  it.each([
    [1, 1256, 700],
    [5, 1256, 700],
    [40, 1256, 700],
    [1, 344, 600],
    [5, 344, 600],
    [40, 344, 600],
    [5, 400, 250],
  ])("keeps a strip of %i beside the stage inside of %i x %i", (others, width, height) => {
    const { stage, strip, perPage, pages } = stageLayout(others, width, height);
    expect(perPage * pages).toBeGreaterThanOrEqual(others);
    expect(stage.width * stage.height).toBeGreaterThan(0.4 * width * height);
    for (const rect of strip) {
      expect(rect.left).toBeGreaterThanOrEqual(0);
      expect(rect.top).toBeGreaterThanOrEqual(0);
      expect(rect.left + rect.width).toBeLessThanOrEqual(width + 1);
      expect(rect.top + rect.height).toBeLessThanOrEqual(height + 1);
      expect(rect.left >= stage.width || rect.top >= stage.height).toBe(true);
    }
  });
});

describe("arrange", () => {
  const many = tilesOf(state(Array.from({ length: 99 }, (_, index) => peer(`p${index}`))));

  it("shows every tile on exactly one page", () => {
    const { pages } = arrange(many, null, 0, 1256, 700);
    const keys = Array.from(
      { length: pages },
      (_, page) => arrange(many, null, page, 1256, 700).placed,
    ).flatMap((placed) => placed.map((each) => each.tile.key));
    expect(keys.sort()).toEqual(many.map((tile) => tile.key).sort());
  });

  it("goes to the last page when the wanted one is gone", () => {
    const { page, pages } = arrange(many, null, 99, 1256, 700);
    expect(page).toBe(pages - 1);
  });

  it("keeps the staged tile on every page of the strip", () => {
    const { placed } = arrange(many, "camera:p3", 1, 1256, 700);
    expect(placed[0]).toMatchObject({ staged: true, tile: { key: "camera:p3" } });
  });

  it("shows nothing while the area has no size", () => {
    expect(arrange(many, null, 0, 0, 0).placed).toEqual([]);
  });
});

describe("clampPage", () => {
  it.each([
    [0, 0, 0],
    [-1, 3, 0],
    [5, 3, 2],
  ])("keeps page %i of %i at %i", (page, pages, expected) => {
    expect(clampPage(page, pages)).toBe(expected);
  });
});

describe("the stage", () => {
  const sharing = (id: string) => peer(id, { screen: track("screen"), camera: track("camera") });
  const room = { ...state([peer("a"), sharing("b"), sharing("c")]), videoUrl: "https://player.example/" };
  const tiles = tilesOf(room);

  it("belongs to whom somebody pinned, to their screen before their camera", () => {
    expect(stagedKey(tiles, ["screen:b", "screen:c"], "a")).toBe("camera:a");
    expect(stagedKey(tiles, ["screen:b", "screen:c"], "b")).toBe("screen:b");
    expect(stagedKey(tiles, [], "me")).toBe("camera:me");
  });

  it("then to the screen shared last, then to the player", () => {
    expect(stagedKey(tiles, ["screen:c", "screen:b"])).toBe("screen:b");
    expect(stagedKey(tilesOf({ ...room, peers: [peer("a")] }), [])).toBe("video");
    expect(stagedKey(tilesOf({ ...room, peers: [peer("a")], videoUrl: "" }), [])).toBeNull();
  });

  it("forgets a pin of somebody who has left", () => {
    expect(stagedKey(tiles, ["screen:b"], "gone")).toBe("screen:b");
  });

  it("leaves the player at the head of the others", () => {
    const { placed } = arrange(tiles, "screen:b", 0, 1200, 700);
    expect(placed.map((each) => each.tile.key).slice(0, 2)).toEqual(["screen:b", "video"]);
  });
});

describe("the speaker", () => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  const tiles = tilesOf(state(names.map((name) => peer(name))));
  /** A small frame, which has room for four. */
  const around = (speaker: string | null, staged: string | null = null, some = tiles) =>
    arrangeAround(speaker, some, staged, 0, 340, 240).placed.find((each) => each.staged)?.tile.key;

  it("has the stage where not everybody fits on one page", () => {
    expect(around("g")).toBe("camera:g");
    expect(around(null)).toBeUndefined();
    expect(around("g", null, tiles.slice(0, 3))).toBeUndefined();
    expect(arrangeAround("g", tiles, null, 0, 1600, 900).placed.some((each) => each.staged)).toBe(false);
  });

  it("leaves it to what is pinned or shared", () => {
    expect(around("g", "camera:b")).toBe("camera:b");
  });

  it("is never myself, and stays another while I speak or nobody does", () => {
    expect(lastSpeaker(tiles, null, "b")).toBe("b");
    expect(lastSpeaker(tiles, "b", "me")).toBe("b");
    expect(lastSpeaker(tiles, "b", null)).toBe("b");
    expect(lastSpeaker(tiles, "b", "c")).toBe("c");
    expect(lastSpeaker(tiles, null, "me")).toBeNull();
  });

  it("is nobody any more who has left", () => {
    expect(lastSpeaker(tiles, "gone", null)).toBeNull();
    expect(lastSpeaker(tiles, "b", "gone")).toBe("b");
  });
});

describe("people's tiles", () => {
  it("come with cameras first where that is wanted, and keep their order otherwise", () => {
    const room = state([
      peer("a"),
      peer("b", { camera: track("camera") }),
      peer("c", { camera: track("camera", true) }),
    ]);
    expect(tilesOf(room, true).map((tile) => tile.peerId)).toEqual(["b", "a", "me", "c"]);
    expect(tilesOf(room, false).map((tile) => tile.peerId)).toEqual(["a", "me", "b", "c"]);
  });

  it("have who speaks before the others, behind what is shared", () => {
    const tiles = tilesOf(state([peer("a", { screen: track("screen") }), peer("b"), peer("c")]));
    const order = (speaker: string | null) => speakerFirst(tiles, speaker).map(({ key }) => key);
    expect(order("c")).toEqual(["screen:a", "camera:c", "camera:a", "camera:me", "camera:b"]);
    expect(order(null)).toEqual(tiles.map(({ key }) => key));
  });

  it("are the speakers' only for a viewer", () => {
    const room = state([peer("a")]);
    expect(tilesOf({ ...room, me: { ...room.me, viewer: true } }).map((tile) => tile.peerId)).toEqual(["a"]);
  });

  it("say what is the matter with somebody", () => {
    const room = state([
      { ...peer("a"), handRaisedAt: 2, absent: true, quality: "poor", role: "moderator" },
      { ...peer("b"), handRaisedAt: 1 },
    ]);
    const [a, , b] = tilesOf(room);
    expect(a).toMatchObject({ hand: 2, absent: true, quality: "poor", moderator: true });
    expect(b).toMatchObject({ hand: 1, absent: false });
  });
});

describe("minimizeTiles", () => {
  const hundred = tilesOf(state(Array.from({ length: 99 }, (_, index) => peer(`p${index}`))));

  it("has a hundred on one page of a laptop, without overlap", () => {
    const { placed, pages } = arrange(hundred, null, 0, 1256, 640, true);
    expect(pages).toBe(1);
    expect(placed).toHaveLength(100);
    for (const { rect } of placed) {
      expect(rect.left).toBeGreaterThanOrEqual(0);
      expect(rect.left + rect.width).toBeLessThanOrEqual(1256);
      expect(rect.top + rect.height).toBeLessThanOrEqual(640);
      const overlapping = placed.filter(
        ({ rect: other }) =>
          other !== rect &&
          other.left < rect.left + rect.width &&
          rect.left < other.left + other.width &&
          other.top < rect.top + rect.height &&
          rect.top < other.top + other.height,
      );
      expect(overlapping).toEqual([]);
    }
  });

  it("has more on a phone's page, and beside a stage", () => {
    const perPage = (dense: boolean) => arrange(hundred, null, 0, 344, 600, dense).placed.length;
    expect(perPage(true)).toBeGreaterThan(2 * perPage(false));
    const strip = (dense: boolean) => arrange(hundred, "camera:me", 0, 1256, 640, dense).placed.length;
    expect(strip(true)).toBeGreaterThan(strip(false));
  });
});
