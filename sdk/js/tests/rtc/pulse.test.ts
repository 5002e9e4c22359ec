import { beforeEach, describe, expect, it } from "vitest";
import { latestOf, PULSE_MS, Pulse, STOPPED_MS } from "../../src/rtc/pulse";
import { FakeClock } from "../fakes/clock";

let clock: FakeClock;
let latest: number | null;
let stopped: number;
let pulse: Pulse;

beforeEach(() => {
  clock = new FakeClock();
  latest = null;
  stopped = 0;
  pulse = new Pulse(
    clock,
    () => latest,
    () => {
      stopped += 1;
    },
  );
});

const flow = async (ms: number) => {
  for (let passed = 0; passed < ms; passed += 100) {
    latest = clock.now();
    await clock.advance(100);
  }
};

describe("what others send", () => {
  it("that never came has not stopped", async () => {
    await clock.advance(60_000);
    expect(stopped).toBe(0);
  });

  it("that comes has not stopped", async () => {
    await flow(20_000);
    expect(stopped).toBe(0);
  });

  it("that came has stopped after less than a second or so, which is told once", async () => {
    await flow(3000);
    await clock.advance(STOPPED_MS - 100);
    expect(stopped).toBe(0);
    await clock.advance(PULSE_MS);
    expect(stopped).toBe(1);
    await clock.advance(60_000);
    expect(stopped).toBe(1);
    await flow(1000);
    await clock.advance(60_000);
    expect(stopped).toBe(2);
  });

  it("is not looked at any more after stop", async () => {
    await flow(3000);
    pulse.stop();
    await clock.advance(60_000);
    expect([stopped, clock.waiting]).toEqual([0, 0]);
  });
});

it("the newest of all receivers counts; browsers that can't tell have none", () => {
  const receiver = (...times: number[]) => ({
    getSynchronizationSources: () =>
      times.map((timestamp) => ({ timestamp, source: 1, rtpTimestamp: 0 }) as RTCRtpSynchronizationSource),
  });
  expect(latestOf([])).toBeNull();
  expect(latestOf([undefined, receiver(), {} as RTCRtpReceiver])).toBeNull();
  expect(latestOf([receiver(5), receiver(), receiver(9, 7)])).toBe(9);
});
