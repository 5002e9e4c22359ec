import { beforeEach, describe, expect, it } from "vitest";
import {
  type Actual,
  nextStep,
  type OffMode,
  type Outgoing,
  OwnSource,
  type Step,
  type Uplink,
  type Wanted,
} from "../../src/rtc/sources";
import { ConnectionLost, RequestRefused } from "../../src/signal/failures";
import type { Source } from "../../src/signal/shapes";
import { settled } from "../fakes/clock";
import { asTrack, FakeTrack } from "../fakes/tracks";

const UPLINK: Uplink = { produce: () => Promise.reject(new Error("not called")) };
const OTHER: Uplink = { ...UPLINK };
const TRACK = { device: 0 };

describe("the next step", () => {
  const step = (
    wanted: Partial<Wanted>,
    track: Actual["track"],
    producer: Partial<NonNullable<Actual["producer"]>> | null,
    off: OffMode = "pause",
  ): Step =>
    nextStep(
      { on: true, allowed: true, uplink: UPLINK, codec: "VP8", device: 0, ...wanted },
      {
        track,
        producer: producer && { uplink: UPLINK, codec: "VP8", track: TRACK, paused: false, ...producer },
      },
      off,
    );

  it.each<[string, Step, Step]>([
    ["captures first", step({}, null, null), "capture"],
    ["produces what it has", step({}, TRACK, null), "produce"],
    ["waits for an uplink", step({ uplink: null }, TRACK, null), null],
    ["is done", step({}, TRACK, {}), null],
    ["gives a resumed producer its new track", step({}, TRACK, { paused: true, track: null }), "replace"],
    ["then resumes it", step({}, TRACK, { paused: true }), "resume"],
    ["forgets producers of another uplink", step({ uplink: OTHER }, TRACK, {}), "forget"],
    ["forgets them also when off", step({ on: false, uplink: null }, null, { paused: true }), "forget"],
    ["closes a producer of another codec", step({ codec: "VP9" }, TRACK, {}), "close"],
    ["closes it also while paused", step({ on: false, codec: "VP9" }, null, { paused: true }), "close"],
    ["releases another device's track", step({ device: 1 }, TRACK, {}), "release"],
    ["puts the camera's light out first", step({ on: false }, TRACK, {}), "release"],
    ["then pauses", step({ on: false }, null, {}), "pause"],
    ["then is done", step({ on: false }, null, { paused: true }), null],
    ["mutes without releasing", step({ on: false }, TRACK, {}, "mute"), "pause"],
    ["keeps a muted capture", step({ on: false }, TRACK, { paused: true }, "mute"), null],
    ["does not keep one that nobody ever heard", step({ on: false }, TRACK, null, "mute"), "release"],
    ["closes a screen", step({ on: false }, null, {}, "close"), "close"],
    ["does not capture what is not allowed", step({ allowed: false }, null, null), null],
    ["releases what is not allowed any more", step({ allowed: false }, TRACK, {}), "release"],
    ["keeps nothing muted of it", step({ allowed: false }, TRACK, { paused: true }, "mute"), "release"],
    ["then closes its producer", step({ allowed: false }, null, { paused: true }), "close"],
  ])("%s", (_name, actual, expected) => {
    expect(actual).toBe(expected);
  });

  it("leads from any state to the wanted one, and then stops", () => {
    const booleans = [false, true];
    for (const off of ["mute", "pause", "close"] as const) {
      for (const on of booleans) {
        for (const attached of booleans) {
          for (const start of allStates()) {
            const uplink = attached ? UPLINK : null;
            const wanted: Wanted = { on, allowed: true, uplink, codec: "VP8", device: 0 };
            const end = run(wanted, start, off);
            expect(end.track !== null || !on, JSON.stringify({ off, on, attached, start })).toBe(true);
            expect(end.producer !== null && !end.producer.paused).toBe(on && attached);
            expect(run({ ...wanted, allowed: false }, start, off)).toEqual({ track: null, producer: null });
          }
        }
      }
    }
  });
});

function allStates(): Actual[] {
  const tracks = [null, { device: 0 }, { device: 9 }];
  const producers = [
    null,
    ...[UPLINK, OTHER].flatMap((uplink) =>
      ["VP8", "VP9"].flatMap((codec) =>
        [true, false].map((paused) => ({ uplink, codec, track: TRACK, paused })),
      ),
    ),
  ];
  return tracks.flatMap((track) => producers.map((producer) => ({ track, producer })));
}

/** Carries the steps out on plain values; fails if they never end. */
function run(wanted: Wanted, start: Actual, off: OffMode): Actual {
  let state = start;
  for (let count = 0; count < 10; count++) {
    const step = nextStep(wanted, state, off);
    if (step === null) {
      return state;
    }
    state = after(step, wanted, state);
  }
  throw new Error("the steps go round in a circle");
}

function after(step: Exclude<Step, null>, wanted: Wanted, { track, producer }: Actual): Actual {
  switch (step) {
    case "capture":
      return { track: { device: wanted.device }, producer };
    case "release":
      return { track: null, producer };
    case "produce":
      return {
        track,
        producer: { uplink: wanted.uplink ?? OTHER, codec: wanted.codec, track, paused: false },
      };
    case "replace":
      return { track, producer: producer && { ...producer, track } };
    case "pause":
    case "resume":
      return { track, producer: producer && { ...producer, paused: step === "pause" } };
    case "close":
    case "forget":
      return { track, producer: null };
  }
}

/** An uplink that writes down what happens on it. */
class FakeUplink implements Uplink {
  readonly log: string[] = [];
  failWith: Error | null = null;

  constructor(readonly name = "") {}

  async produce(source: Source, track: MediaStreamTrack, codec: string | null): Promise<Outgoing> {
    const producer = `${this.name}${source}`;
    await this.#do(`produce ${producer} ${track.id} ${codec ?? "-"}`);
    return {
      pause: () => this.#do(`pause ${producer}`),
      resume: () => this.#do(`resume ${producer}`),
      replace: (other) => this.#do(`replace ${producer} ${other.id}`),
      close: () => this.#do(`close ${producer}`),
    };
  }

  async #do(what: string): Promise<void> {
    await settled();
    if (this.failWith !== null) {
      throw this.failWith;
    }
    this.log.push(what);
  }
}

describe("a source", () => {
  let tracks: FakeTrack[];
  let captureError: Error | null;
  let failures: unknown[];
  let lost: string[];
  let starving: boolean[];
  let uplink: FakeUplink;

  beforeEach(() => {
    tracks = [];
    captureError = null;
    failures = [];
    lost = [];
    starving = [];
    uplink = new FakeUplink();
  });

  function make(source: Source, off: OffMode): OwnSource {
    const kind = source === "mic" ? "audio" : "video";
    const capture = async () => {
      await settled();
      if (captureError !== null) {
        throw captureError;
      }
      const track = new FakeTrack(kind, `t${tracks.length}`);
      tracks.push(track);
      return asTrack(track);
    };
    return new OwnSource(
      source,
      off,
      { capture, release: (track) => track.stop() },
      {
        onChanged: () => {},
        onFailed: ({ error }) => failures.push(error),
        onLost: (_source, deviceId) => lost.push(deviceId),
        onStarved: (_source, starved) => starving.push(starved),
      },
    );
  }

  it("previews, then sends what it previewed", async () => {
    const camera = make("camera", "pause");
    await camera.set(true);
    expect(camera.track).toBe(asTrack(tracks[0] as FakeTrack));
    await camera.attach(uplink, "VP8");
    expect(uplink.log).toEqual(["produce camera t0 VP8"]);
  });

  it("mutes a microphone at once, and keeps it for an instant return", async () => {
    const mic = make("mic", "mute");
    await mic.attach(uplink, "VP8");
    await mic.set(true);
    const off = mic.set(false);
    expect(tracks[0]?.enabled).toBe(false); // before anything else has happened
    await off;
    expect([tracks[0]?.readyState, mic.track]).toEqual(["live", null]);
    await mic.set(true);
    expect([tracks.length, tracks[0]?.enabled]).toEqual([1, true]);
    expect(uplink.log).toEqual(["produce mic t0 -", "pause mic", "resume mic"]);
  });

  it("stops a camera although the server does not answer", async () => {
    const camera = make("camera", "pause");
    await camera.attach(uplink, "VP8");
    await camera.set(true);
    uplink.failWith = new ConnectionLost();
    await camera.set(false);
    expect(tracks[0]?.readyState).toBe("ended");
  });

  it("goes on with the same producer and a new track", async () => {
    const camera = make("camera", "pause");
    await camera.attach(uplink, "VP8");
    await camera.set(true);
    await camera.set(false);
    await camera.set(true);
    expect(uplink.log).toEqual([
      "produce camera t0 VP8",
      "pause camera",
      "replace camera t1",
      "resume camera",
    ]);
  });

  it("ends as last asked for, however fast one clicks", async () => {
    const camera = make("camera", "pause");
    await camera.attach(uplink, "VP8");
    void camera.set(true);
    void camera.set(false);
    void camera.set(true);
    await camera.set(false);
    expect(tracks.filter(({ readyState }) => readyState === "live")).toEqual([]);
    void camera.set(false);
    await camera.set(true);
    expect(uplink.log.at(-1)).toMatch(/^produce|^resume/);
    expect(tracks.filter(({ readyState }) => readyState === "live")).toHaveLength(1);
  });

  it("produces again with another codec, but sound does not", async () => {
    const camera = make("camera", "pause");
    const mic = make("mic", "mute");
    for (const source of [camera, mic]) {
      await source.attach(uplink, "VP8");
      await source.set(true);
    }
    uplink.log.length = 0;
    await Promise.all([camera.attach(uplink, "VP9"), mic.attach(uplink, "VP9")]);
    expect(uplink.log).toEqual(["close camera", "produce camera t0 VP9"]);
  });

  it("moves to another uplink with the track it has", async () => {
    const camera = make("camera", "pause");
    await camera.attach(uplink, "VP8");
    await camera.set(true);
    await camera.attach(null, null);
    const next = new FakeUplink("next ");
    await camera.attach(next, "VP8");
    expect(next.log).toEqual(["produce next camera t0 VP8"]);
    expect(uplink.log).toEqual(["produce camera t0 VP8"]);
  });

  it("waits for the next uplink when one dies under its hands", async () => {
    const camera = make("camera", "pause");
    uplink.failWith = new ConnectionLost();
    await camera.set(true);
    await camera.attach(uplink, "VP8");
    expect([camera.on, failures]).toEqual([true, []]);
    const next = new FakeUplink();
    await camera.attach(next, "VP8");
    expect(next.log).toEqual(["produce camera t0 VP8"]);
  });

  it("turns itself off when the server refuses it", async () => {
    const camera = make("camera", "pause");
    uplink.failWith = new RequestRefused("notAllowed", "No.");
    await camera.attach(uplink, "VP8");
    await camera.set(true);
    expect([camera.on, camera.error]).toEqual([false, uplink.failWith]);
    expect([tracks[0]?.readyState, failures.length]).toEqual(["ended", 1]);
  });

  it("goes off with its producer when it is not allowed any more, and not on before it is again", async () => {
    const mic = make("mic", "mute");
    await mic.attach(uplink, null);
    await mic.set(true);
    await mic.allow(false);
    expect([mic.on, tracks[0]?.readyState, uplink.log.at(-1)]).toEqual([false, "ended", "close mic"]);
    await mic.set(true);
    expect([mic.on, tracks.length]).toEqual([false, 1]);
    await mic.allow(true);
    expect([mic.on, tracks.length]).toEqual([false, 1]); // it has to be asked for anew
    await mic.set(true);
    expect(uplink.log.at(-1)).toBe("produce mic t1 -");
  });

  it("makes no fuss when the server refuses what it has just forbidden", async () => {
    const camera = make("camera", "pause");
    await camera.attach(uplink, "VP8");
    await camera.set(true);
    await camera.set(false);
    uplink.failWith = new RequestRefused("notFound", "No.");
    await Promise.all([camera.set(true), camera.allow(false)]);
    expect([camera.on, camera.error, failures]).toEqual([false, null, []]);
    expect(tracks.map(({ readyState }) => readyState)).not.toContain("live");
  });

  it("turns itself off when there is no device, until it is tried again", async () => {
    const camera = make("camera", "pause");
    captureError = new Error("none");
    await camera.set(true);
    expect([camera.on, camera.error, failures]).toEqual([false, captureError, [captureError]]);
    captureError = null;
    await camera.set(true);
    expect([camera.on, camera.error]).toEqual([true, null]);
  });

  it("takes another device when one is pulled out, but not for ever", async () => {
    const camera = make("camera", "pause");
    await camera.attach(uplink, "VP8");
    await camera.set(true);
    tracks[0]?.end();
    await camera.attach(uplink, "VP8");
    expect(uplink.log).toEqual(["produce camera t0 VP8", "replace camera t1"]);
    tracks[1]?.end();
    await camera.attach(uplink, "VP8");
    tracks[2]?.end();
    await camera.attach(uplink, "VP8");
    expect([tracks.length, camera.on, failures.length]).toEqual([3, false, 1]);
  });

  it("tells which device stopped by itself, and that one gives nothing", async () => {
    const mic = make("mic", "mute");
    await mic.set(true);
    const [first] = tracks;
    Object.assign(first?.settings ?? {}, { deviceId: "headset" });
    first?.dispatchEvent(new Event("mute"));
    first?.dispatchEvent(new Event("unmute"));
    first?.end();
    await mic.attach(null, null);
    first?.dispatchEvent(new Event("mute")); // nobody listens to it any more
    await mic.set(false);
    tracks[1]?.end(); // off anyway
    expect([tracks.length, lost, starving]).toEqual([2, ["headset"], [true, false]]);
  });

  it("is off when the browser stops sharing a screen", async () => {
    const screen = make("screen", "close");
    await screen.attach(uplink, "VP8");
    await screen.set(true);
    tracks[0]?.end();
    await screen.attach(uplink, "VP8");
    expect([screen.on, screen.error, uplink.log.at(-1)]).toEqual([false, null, "close screen"]);
  });

  it("takes the newly chosen device at once", async () => {
    const mic = make("mic", "mute");
    await mic.attach(uplink, null);
    await mic.set(true);
    await mic.deviceChanged();
    expect(uplink.log).toEqual(["produce mic t0 -", "replace mic t1"]);
    expect([tracks[0]?.readyState, tracks[1]?.readyState]).toEqual(["ended", "live"]);
  });
});
