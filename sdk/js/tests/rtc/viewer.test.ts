import { beforeEach, describe, expect, it } from "vitest";
import { SETTLE_MS, Viewer } from "../../src/rtc/viewer";
import type { Source } from "../../src/signal/shapes";
import type * as wire from "../../src/wire/protocol";
import { FakeClock } from "../fakes/clock";
import { asTrack, FakeTrack } from "../fakes/tracks";

let clock: FakeClock;
let viewer: Viewer;
let told: string[];

beforeEach(() => {
  clock = new FakeClock();
  viewer = new Viewer(clock);
  connect();
});

function connect(): void {
  told = [];
  viewer.reset({
    tell: (method, data) => {
      const { consumerId, layers } = data as { consumerId: string; layers?: { spatialLayer: number } };
      told.push(`${method} ${consumerId}${layers ? ` ${layers.spatialLayer}` : ""}`);
    },
  });
}

function arrive(consumerId: string, source: Source = "camera", spatialLayers = 3): FakeTrack {
  const track = new FakeTrack(source === "mic" ? "audio" : "video", consumerId);
  viewer.arrived({ consumerId, peerId: "p", source, track: asTrack(track), spatialLayers });
  return track;
}

const size = (width: number) => ({ width, height: (width * 9) / 16 });

describe("a new consumer", () => {
  it("of sound is heard", () => {
    arrive("c", "mic");
    expect(told).toEqual(["resumeConsumer c"]);
  });

  it("of video starts with a middle layer, told before the first packet", () => {
    arrive("c");
    expect(told).toEqual(["setPreferredLayers c 1", "resumeConsumer c"]);
  });

  it("starts with what the page has already said", async () => {
    viewer.show("p", "camera", size(1280));
    arrive("c");
    expect(told).toEqual(["setPreferredLayers c 2", "resumeConsumer c"]);
    await clock.advance(SETTLE_MS);
    expect(told).toHaveLength(2);
  });

  it("stays paused while its place is hidden", () => {
    viewer.show("p", "camera", null);
    arrive("c");
    expect(told).toEqual([]);
  });

  it("without layers is asked for none", () => {
    arrive("c", "screen", 1);
    expect(told).toEqual(["resumeConsumer c"]);
  });
});

describe("what the page shows", () => {
  it("counts when it has settled", async () => {
    arrive("c");
    told.length = 0;
    for (const width of [600, 500, 300, 1280, 200]) {
      viewer.show("p", "camera", size(width));
    }
    await clock.advance(SETTLE_MS - 1);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(["setPreferredLayers c 0"]);
  });

  it("pauses what is hidden, and resumes at once what is seen again", async () => {
    arrive("c");
    told.length = 0;
    viewer.show("p", "camera", null);
    await clock.advance(SETTLE_MS);
    expect(told).toEqual(["pauseConsumer c"]);
    viewer.show("p", "camera", size(200));
    expect(told).toEqual(["pauseConsumer c", "setPreferredLayers c 0", "resumeConsumer c"]);
  });

  it("is told with how much it matters, also where there is but one size", async () => {
    const importance: unknown[] = [];
    viewer.reset({
      tell: (method, data) => {
        if (method === "setPreferredLayers") {
          const { consumerId, onStage, priority } = data as wire.SetPreferredLayers;
          importance.push([consumerId, onStage, priority]);
        }
      },
    });
    viewer.show("p", "camera", size(640), { onStage: false, priority: 1 });
    arrive("c");
    arrive("s", "screen", 1);
    viewer.show("p", "screen", size(1280), { onStage: true, priority: 0 });
    viewer.show("p", "camera", size(640), { onStage: false, priority: 1 });
    await clock.advance(SETTLE_MS);
    expect(importance).toEqual([
      ["c", false, 1],
      ["s", true, 0],
    ]);
    viewer.show("p", "camera", size(640), { onStage: true, priority: 1 });
    await clock.advance(SETTLE_MS);
    expect(importance.at(-1)).toEqual(["c", true, 1]);
  });

  it("of one source leaves the other alone", async () => {
    arrive("c");
    arrive("s", "screen", 2);
    told.length = 0;
    viewer.show("p", "screen", null);
    await clock.advance(SETTLE_MS);
    expect(told).toEqual(["pauseConsumer s"]);
  });

  it("is not told twice", async () => {
    arrive("c");
    told.length = 0;
    viewer.show("p", "camera", size(640));
    await clock.advance(SETTLE_MS);
    viewer.show("p", "camera", size(600));
    await clock.advance(SETTLE_MS);
    expect(told).toEqual([]);
  });

  it("is judged anew when the first picture turns out to be upright", async () => {
    viewer.show("p", "camera", { width: 360, height: 640 });
    const track = arrive("c");
    expect(told[0]).toBe("setPreferredLayers c 2"); // a landscape picture would have to be cut
    Object.assign(track.settings, { width: 180, height: 320 });
    viewer.layerChanged("c");
    await clock.advance(SETTLE_MS);
    expect(told.at(-1)).toBe("setPreferredLayers c 1");
  });

  it("is remembered for the next session, and consumers are not", async () => {
    arrive("c");
    viewer.show("p", "camera", size(200));
    connect();
    await clock.advance(SETTLE_MS);
    expect(told).toEqual([]);
    arrive("d");
    expect(told).toEqual(["setPreferredLayers d 0", "resumeConsumer d"]);
  });

  it("is not told of consumers that are gone", async () => {
    arrive("c");
    told.length = 0;
    viewer.gone("c");
    viewer.show("p", "camera", null);
    await clock.advance(SETTLE_MS);
    expect(told).toEqual([]);
  });
});
