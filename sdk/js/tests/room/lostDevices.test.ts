import { beforeEach, describe, expect, it } from "vitest";
import { LostDevices, TURN_ON_WITHIN_MS } from "../../src/room/lostDevices";
import type { Devices } from "../../src/rtc/devices";

let lost: LostDevices;

beforeEach(() => {
  lost = new LostDevices();
});

function devices(microphones: string[], cameras: string[] = []): Devices {
  const named = (ids: string[]) => ids.map((id) => ({ id, label: id }));
  const selected = { microphone: null, camera: null, speaker: null };
  return { microphone: named(microphones), camera: named(cameras), speaker: [], selected };
}

describe("a device that another one stands in for", () => {
  it("is gone back to when it is there again, once", () => {
    lost.lost("mic", "headset", 0);
    expect(lost.returned(devices(["default", "inbuilt"]), 1)).toEqual([]);
    const there = devices(["default", "inbuilt", "headset"]);
    expect(lost.returned(there, 9 * TURN_ON_WITHIN_MS)).toEqual([{ source: "mic", how: "goBack" }]);
    expect(lost.returned(there, 9 * TURN_ON_WITHIN_MS)).toEqual([]);
  });

  it.each(["default", "communications", ""])("is none where the system chooses: %o", (id) => {
    lost.lost("mic", id, 0);
    expect(lost.returned(devices(["default", "inbuilt"]), 1)).toEqual([]);
  });
});

describe("a source that went off for want of a device", () => {
  beforeEach(() => {
    lost.lost("camera", "webcam", 0);
    expect(lost.wentOff("camera")).toBe(true);
  });

  it("goes on with the first device that there is", () => {
    expect(lost.returned(devices(["inbuilt"]), 1)).toEqual([]);
    expect(lost.returned(devices([], ["another"]), TURN_ON_WITHIN_MS)).toEqual([
      { source: "camera", how: "turnOn" },
    ]);
  });

  it("stays off after a while: nobody shall be seen by surprise", () => {
    expect(lost.returned(devices([], ["webcam"]), TURN_ON_WITHIN_MS + 1)).toEqual([]);
    expect(lost.returned(devices([], ["webcam"]), 1)).toEqual([]);
  });

  it("stays off where somebody has decided so", () => {
    lost.forget("camera");
    expect(lost.returned(devices([], ["webcam"]), 1)).toEqual([]);
  });
});

describe("a page that is seen again", () => {
  it("tries what went off unseen, after however long a phone call", () => {
    lost.lost("mic", "inbuilt", 0);
    expect(lost.shown(1)).toEqual([]); // another one is being tried
    lost.wentOff("mic", true);
    expect(lost.shown(100 * TURN_ON_WITHIN_MS)).toEqual(["mic"]);
    lost.forget("mic");
    expect(lost.shown(1)).toEqual([]);
  });

  it("tries what somebody saw go off only for a while", () => {
    lost.lost("camera", "inbuilt", 0);
    lost.wentOff("camera");
    expect(lost.shown(TURN_ON_WITHIN_MS)).toEqual(["camera"]);
    expect(lost.shown(TURN_ON_WITHIN_MS + 1)).toEqual([]);
  });
});

it("what went off for another reason has lost nothing", () => {
  expect(lost.wentOff("mic")).toBe(false);
  expect(lost.returned(devices(["inbuilt"]), 0)).toEqual([]);
});
