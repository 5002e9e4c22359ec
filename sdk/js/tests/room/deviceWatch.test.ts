import { beforeEach, describe, expect, it } from "vitest";
import { DeviceWatch, GOES_ON_MS, STARVED_MS } from "../../src/room/deviceWatch";
import { FakeClock } from "../fakes/clock";
import { domError } from "../fakes/mediaDevices";

let clock: FakeClock;
let hidden: boolean;
let on: boolean;
let tried: string[];
let told: string[];
let watch: DeviceWatch;

beforeEach(() => {
  clock = new FakeClock();
  hidden = false;
  on = true;
  tried = [];
  told = [];
  watch = new DeviceWatch(clock, () => hidden, {
    isOn: () => on,
    turnOn: async (source) => void tried.push(`on ${source}`),
    captureAnew: async (source) => void tried.push(`anew ${source}`),
    tell: (source, news) => told.push(`${source} ${news}`),
    untell: (source) => told.push(`${source} well`),
  });
});

describe("the end of a meeting", () => {
  it("ends a look that was begun, and all that would be told or tried", async () => {
    watch.starved("mic", true);
    watch.lost("camera", "webcam");
    watch.failed("camera", domError("NotReadableError"));
    told = [];
    watch.shown();
    watch.stop();
    expect(clock.waiting).toBe(0);
    watch.shown();
    await clock.advance(GOES_ON_MS + STARVED_MS);
    expect([tried, told]).toEqual([[], []]);
  });
});

it("what has stopped gives nothing any more, and isn't captured a second time for that", async () => {
  hidden = true;
  watch.starved("mic", true);
  watch.lost("mic", "headset"); // another one is tried
  hidden = false;
  watch.shown();
  await clock.advance(GOES_ON_MS);
  expect(tried).toEqual([]);
});
