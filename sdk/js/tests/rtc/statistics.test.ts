import { beforeEach, describe, expect, it } from "vitest";
import { NO_FIGURES, REPORT_MS, Reporter, VIEWER_REPORT_MS } from "../../src/rtc/reporter";
import { type Counts, downFigures, type Entry, trackFigures, upFigures } from "../../src/rtc/statistics";
import { FakeClock, settled } from "../fakes/clock";

/** A report with these entries. */
const report = (...entries: Entry[]): Counts => new Map(entries.map((entry) => [entry.id, entry]));

const camera = (more: Record<string, unknown> = {}): Entry => ({
  id: "in-camera",
  type: "inbound-rtp",
  kind: "video",
  trackIdentifier: "camera",
  packetsReceived: 1000,
  packetsLost: 10,
  bytesReceived: 1_000_000,
  framesReceived: 300,
  framesDecoded: 300,
  framesDropped: 0,
  frameWidth: 1280,
  frameHeight: 720,
  framesPerSecond: 30,
  freezeCount: 1,
  totalFreezesDuration: 0.5,
  ...more,
});

const voice = (more: Record<string, unknown> = {}): Entry => ({
  id: "in-voice",
  type: "inbound-rtp",
  kind: "audio",
  trackIdentifier: "voice",
  packetsReceived: 500,
  packetsLost: 0,
  bytesReceived: 50_000,
  jitter: 0.012,
  totalSamplesReceived: 480_000,
  concealedSamples: 1000,
  silentConcealedSamples: 0,
  ...more,
});

describe("what is received", () => {
  it("is counted since the last look, loss, freezes and all", () => {
    const before = report(camera(), voice());
    const after = report(
      camera({
        packetsReceived: 1400,
        packetsLost: 60,
        bytesReceived: 1_600_000,
        framesReceived: 400,
        framesDecoded: 390,
        framesDropped: 25,
        freezeCount: 3,
        totalFreezesDuration: 1.7,
      }),
      voice({
        packetsReceived: 550,
        bytesReceived: 75_000,
        totalSamplesReceived: 720_000,
        concealedSamples: 31_000,
        silentConcealedSamples: 6000,
      }),
      { id: "path", type: "candidate-pair", nominated: true, currentRoundTripTime: 0.08 },
    );
    expect(downFigures(before, after, 5000)).toEqual({
      bitrateBps: 1_000_000,
      loss: 0.1,
      roundTripMs: 80,
      jitterMs: 12,
      availableBps: null,
      width: 1280,
      height: 720,
      frameRate: 30,
      freezes: 2,
      frozenMs: 1200,
      concealed: 0.1,
      dropped: 0.25,
    });
    expect(trackFigures(before, after)).toEqual(
      new Map([["camera", { width: 1280, height: 720, frameRate: 30, loss: 50 / 450, dropped: 0.25 }]]),
    );
  });

  it("is nothing where nothing is received, and no loss where little is", () => {
    expect(downFigures(report(), report(), 5000)).toBeNull();
    expect(downFigures(report(camera()), report(camera()), 0)).toBeNull();
    const few = downFigures(
      report(camera()),
      report(camera({ packetsReceived: 1005, packetsLost: 13 })),
      5000,
    );
    expect(few).toMatchObject({ loss: null, dropped: null });
  });

  it("never counts backwards, nor more time frozen than has passed", () => {
    const after = report(camera({ packetsLost: 0, packetsReceived: 1100, totalFreezesDuration: 60 }));
    expect(downFigures(report(camera()), after, 5000)).toMatchObject({ loss: 0, frozenMs: 5000 });
  });

  it("tells the size of the largest video that was shown", () => {
    const small = (more = {}) => camera({ id: "small", frameWidth: 320, frameHeight: 180, ...more });
    const after = report(camera(), small({ framesDecoded: 310 }));
    expect(downFigures(report(camera(), small()), after, 5000)).toMatchObject({ width: 320, height: 180 });
  });
});

describe("what is sent", () => {
  const layer = (rid: string, more: Record<string, unknown>): Entry => ({
    id: `out-${rid}`,
    type: "outbound-rtp",
    kind: "video",
    ...more,
  });
  const before = report(
    layer("l", { packetsSent: 0, bytesSent: 0, framesEncoded: 0 }),
    layer("h", { packetsSent: 0, bytesSent: 0, framesEncoded: 0 }),
  );

  it("adds up layers and takes the other side's word for loss and time", () => {
    const after = report(
      layer("l", {
        packetsSent: 100,
        bytesSent: 50_000,
        framesEncoded: 60,
        frameWidth: 320,
        frameHeight: 180,
      }),
      layer("h", {
        packetsSent: 300,
        bytesSent: 450_000,
        framesEncoded: 60,
        frameWidth: 1280,
        frameHeight: 720,
        framesPerSecond: 24,
        qualityLimitationReason: "cpu",
      }),
      { id: "back", type: "remote-inbound-rtp", packetsLost: 32, roundTripTime: 0.12, jitter: 0.004 },
      { id: "t", type: "transport", selectedCandidatePairId: "p2" },
      { id: "p1", type: "candidate-pair", nominated: true, currentRoundTripTime: 9 },
      { id: "p2", type: "candidate-pair", currentRoundTripTime: 0.1, availableOutgoingBitrate: 1_500_000 },
    );
    expect(upFigures(before, after, 4000)).toEqual({
      bitrateBps: 1_000_000,
      loss: 0.08,
      roundTripMs: 120,
      jitterMs: 4,
      availableBps: 1_500_000,
      width: 1280,
      height: 720,
      frameRate: 24,
      limitedBy: "cpu",
    });
  });

  it("has no picture while none is encoded, and nothing is null", () => {
    expect(upFigures(before, before, 4000)).toEqual({
      bitrateBps: 0,
      loss: null,
      roundTripMs: null,
      jitterMs: null,
      availableBps: null,
      limitedBy: "none",
    });
    expect(upFigures(report(), report(), 4000)).toBeNull();
  });
});

describe("a page that reports", () => {
  let clock: FakeClock;
  let looks: number;
  let told: [string, unknown][];
  let failing: boolean;
  const client = { tell: (method: string, data: unknown) => void told.push([method, data]) };
  const session = {
    statistics: async () => {
      looks += 1;
      if (failing) throw new Error("closed");
      const count = 100 * looks;
      const recv = report(camera({ packetsReceived: count, bytesReceived: 1000 * count, packetsLost: 0 }));
      return { send: null, recv: recv as unknown as RTCStatsReport };
    },
  };

  beforeEach(() => {
    clock = new FakeClock();
    looks = 0;
    told = [];
    failing = false;
  });

  it("looks once every five seconds, and tells from the second look on", async () => {
    const reporter = new Reporter(clock, () => false);
    reporter.start(session, client);
    await clock.advance(REPORT_MS);
    expect([looks, told.length]).toEqual([1, 0]);
    await clock.advance(2 * REPORT_MS);
    expect([looks, told.length]).toEqual([3, 2]);
    expect(told[0]).toEqual([
      "reportStatistics",
      { up: null, down: expect.objectContaining({ bitrateBps: 160_000 }) },
    ]);
    expect(reporter.figures.tracks.get("camera")).toMatchObject({ width: 1280, loss: 0 });
  });

  it("looks less often where one only watches", async () => {
    new Reporter(clock, () => true).start(session, client);
    await clock.advance(VIEWER_REPORT_MS - 1);
    expect(looks).toBe(0);
    await clock.advance(1);
    expect(looks).toBe(1);
  });

  it("says nothing any more once it is stopped, or where a session is closed", async () => {
    const reporter = new Reporter(clock, () => false);
    reporter.start(session, client);
    await clock.advance(2 * REPORT_MS);
    failing = true;
    await clock.advance(REPORT_MS);
    expect(told).toHaveLength(1);
    failing = false;
    await clock.advance(REPORT_MS);
    expect(told).toHaveLength(2);
    reporter.stop();
    await clock.advance(10 * REPORT_MS);
    expect(told).toHaveLength(2);
    expect([reporter.figures, clock.waiting]).toEqual([NO_FIGURES, 0]);
  });

  it("is not told of a session that has been replaced while it was asked", async () => {
    const reporter = new Reporter(clock, () => false);
    let answer = () => {};
    const slow = {
      statistics: () =>
        new Promise<{ send: null; recv: null }>((resolve) => {
          answer = () => resolve({ send: null, recv: null });
        }),
    };
    reporter.start(slow, client);
    await clock.advance(REPORT_MS);
    reporter.start(session, client);
    answer();
    await settled();
    expect(clock.waiting).toBe(1);
  });
});
