import { beforeEach, describe, expect, it } from "vitest";
import type { Peer, RemoteTrack } from "../../src/room/state";
import { Watching } from "../../src/room/watching";
import { SETTLE_MS } from "../../src/rtc/viewer";
import { FakeClock } from "../fakes/clock";

let clock: FakeClock;
let watching: Watching;
let peers: Peer[];
let asked: string[][];

beforeEach(() => {
  clock = new FakeClock();
  peers = [];
  asked = [];
  watching = new Watching(clock, { peers: () => peers, watch: (ids) => asked.push(ids) });
});

const settled = () => clock.advance(SETTLE_MS);

function camera(id: string, more: Partial<RemoteTrack> = {}): void {
  const track: RemoteTrack = {
    producerId: `c-${id}`,
    consumerId: null,
    kind: "video",
    source: "camera",
    language: "",
    paused: false,
    stream: null,
    spatialLayer: null,
    exceedsLink: false,
    serverBusy: false,
    ...more,
  };
  peers = [...peers.filter((peer) => peer.id !== id), { id, tracks: { camera: track } } as unknown as Peer];
  watching.changed();
}

describe("videos without a consumer", () => {
  it("are asked for where they are shown, with all that is", async () => {
    camera("a", { consumerId: "x" });
    camera("b");
    camera("c");
    watching.show("a", "camera", true);
    watching.show("b", "camera", true);
    await settled();
    expect(asked).toEqual([["c-a", "c-b"]]);
  });

  it("are not asked for where they come by themselves", async () => {
    watching.show("a", "camera", true);
    camera("a");
    camera("a", { consumerId: "x" });
    await settled();
    expect(asked).toEqual([]);
  });

  it("are asked for once, and again when they are gone", async () => {
    watching.show("a", "camera", true);
    camera("a");
    await settled();
    watching.changed();
    await settled();
    expect(asked).toHaveLength(1);
    camera("a", { consumerId: "x" });
    await settled();
    camera("a");
    await settled();
    expect(asked).toHaveLength(2);
  });

  it("are not asked for while they are off or out of sight", async () => {
    camera("a", { paused: true });
    camera("b");
    watching.show("a", "camera", true);
    watching.show("b", "camera", true);
    watching.show("b", "camera", false);
    await settled();
    expect(asked).toEqual([]);
    camera("a");
    await settled();
    expect(asked).toEqual([["c-a"]]);
  });

  it("are asked for anew in another stay", async () => {
    watching.show("a", "camera", true);
    camera("a");
    await settled();
    watching.reset();
    watching.changed();
    await settled();
    expect(asked).toHaveLength(2);
  });
});
