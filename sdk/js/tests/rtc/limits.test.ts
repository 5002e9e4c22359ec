import { describe, expect, it } from "vitest";
import {
  type LimitedSender,
  limit,
  limitLayers,
  narrowedBps,
  shareLimit,
  stricter,
  uploadCaps,
} from "../../src/rtc/limits";
import type { Source } from "../../src/signal/shapes";

const HD = [165_000, 500_000, 1_500_000];

const rates = (limitBps: number, good = HD, source: "camera" | "screen" = "camera") =>
  limitLayers(source, good, limitBps).map(({ active, maxBitrate }) => (active ? maxBitrate : 0));

describe("a limit for one video", () => {
  it.each([
    ["leaves everything as it is where there is none", 0, HD],
    ["leaves everything as it is where there is enough", 2_200_000, HD],
    ["makes all layers a little worse first", 1_082_500, [82_500, 250_000, 750_000]],
    ["then gives the largest up for the others", 800_000, [165_000, 500_000, 0]],
    ["and shares what remains", 332_500, [82_500, 250_000, 0]],
    ["down to the smallest", 100_000, [100_000, 0, 0]],
    ["which stays whatever the limit is", 1, [1, 0, 0]],
  ])("%s", (_name, limitBps, expected) => {
    expect(rates(limitBps)).toEqual(expected);
  });

  it("is never exceeded, and never leaves nothing", () => {
    for (let limitBps = 10; limitBps < 3_000_000; limitBps += 7_919) {
      const sent = rates(limitBps).reduce((sum, rate) => sum + rate, 0);
      expect(sent, `${limitBps}`).toBeLessThanOrEqual(limitBps);
      expect(sent, `${limitBps}`).toBeGreaterThanOrEqual(Math.min(limitBps, 165_000) - HD.length);
    }
  });

  it("caps a video of one layer, and never at nothing", () => {
    expect([rates(1, [2_500_000]), rates(1, [330_000]), rates(1, [110_000])]).toEqual([[1], [1], [1]]);
    expect(rates(300_000, [2_500_000])).toEqual([300_000]);
  });

  it("keeps all the pixels of a screen much longer", () => {
    const screen = [500_000, 2_500_000];
    expect(rates(300_000, screen, "screen")).toEqual([50_000, 250_000]);
    expect(rates(299_999, screen, "screen")).toEqual([299_999, 0]);
  });

  it("is for the layers that somebody receives alone", () => {
    const sent = (wanted: number, limitBps: number) =>
      limitLayers("camera", HD, limitBps, wanted).map(({ active, maxBitrate }) => (active ? maxBitrate : 0));
    expect(sent(1, 0)).toEqual([165_000, 0, 0]);
    expect(sent(2, 332_500)).toEqual([82_500, 250_000, 0]);
    expect(sent(1, 332_500)).toEqual([165_000, 0, 0]);
    expect(sent(0, 1)).toEqual([0, 0, 0]);
    expect(sent(9, 0)).toEqual(HD);
  });

  it("sends no layer with more than anybody can use", () => {
    const sent = (capsBps: number[], limitBps = 0, wanted = 3) =>
      limitLayers("camera", HD, limitBps, wanted, capsBps).map(({ active, maxBitrate }) =>
        active ? maxBitrate : 0,
      );
    expect(sent([0, 400_000, 0])).toEqual([165_000, 400_000, 1_500_000]);
    expect(sent([0, 0, 700_000])).toEqual([165_000, 500_000, 700_000]);
    expect(sent([0, 900_000, 0])).toEqual(HD);
    expect(sent([])).toEqual(HD);
    expect(sent([0, 335_000, 0], 400_000, 2)).toEqual([132_000, 268_000, 0]);
    expect(sent([0, 335_000, 0], 2_000_000, 2)).toEqual([165_000, 335_000, 0]);
  });

  it("caps no layer below what Chromium gives it by itself, from where each raise would cost a keyframe", () => {
    const sent = (goodBps: readonly number[], capsBps: number[], source: Source = "camera") =>
      limitLayers(source, goodBps, 0, goodBps.length, capsBps).map(({ maxBitrate }) => maxBitrate);
    expect(sent(HD, [10_000, 100_000, 570_000])).toEqual([49_500, 150_000, 600_000]);
    expect(sent([500_000, 2_500_000], [0, 250_000], "screen")).toEqual([500_000, 250_000]);
    expect(sent([1_500_000], [400_000])).toEqual([400_000]);
  });

  it("gives a layer that it takes out its own bit rate back for later", () => {
    expect(limitLayers("camera", HD, 100_000)[2]).toEqual({ active: false, maxBitrate: 1_500_000 });
  });
});

describe("a narrow upload", () => {
  it("leaves the largest layer that can be sent what the smaller ones can do without", () => {
    expect(uploadCaps(HD, 0)).toEqual([0, 0, 0]);
    expect(uploadCaps(HD, 1_300_000)).toEqual([66_000, 200_000, 0]);
    expect(uploadCaps(HD, 900_000)).toEqual([66_000, 0, 0]);
    expect(uploadCaps(HD, 250_000)).toEqual([66_000, 0, 0]);
    expect(uploadCaps(HD, 240_000)).toEqual([0, 0, 0]);
    expect(uploadCaps(HD, 1_300_000, 2)).toEqual([66_000, 0, 0]);
    expect(uploadCaps(HD, 1_300_000, 0)).toEqual([0, 0, 0]);
    expect(uploadCaps([500_000, 2_500_000], 1_500_000)).toEqual([200_000, 0]);
    expect(uploadCaps([500_000], 100_000)).toEqual([0]);
  });

  it("is one that does not carry all that is wanted, and no longer when it does", () => {
    expect(narrowedBps(0, 2_000_000, true)).toBe(0);
    expect(narrowedBps(1_860_000, 2_000_000, false)).toBe(0);
    expect(narrowedBps(1_660_000, 2_000_000, false)).toBe(1_600_000);
    expect(narrowedBps(1_860_000, 2_000_000, true)).toBe(1_800_000);
    expect(narrowedBps(2_060_000, 2_000_000, true)).toBe(0);
    expect(narrowedBps(30_000, 100_000, false)).toBe(1);
  });
});

describe("a limit for several videos", () => {
  it("falls to each by its size", () => {
    expect(shareLimit([2_000_000, 500_000], 1_000_000)).toEqual([800_000, 200_000]);
  });

  it("is none for each if it is none for all", () => {
    expect(shareLimit([2_000_000, 500_000], 0)).toEqual([0, 0]);
  });
});

it("the stricter of two limits counts, and none is not the strictest", () => {
  expect([stricter(0, 0), stricter(5, 0), stricter(0, 5), stricter(5, 3), stricter(3, 5)]).toEqual([
    0, 5, 5, 3, 3,
  ]);
});

it("a sender keeps whatever else it was told", async () => {
  const told: RTCRtpSendParameters[] = [];
  const sender = {
    getParameters: () => ({
      transactionId: "t",
      encodings: [
        { rid: "r0", active: true, maxBitrate: 1, scaleResolutionDownBy: 2 },
        { rid: "r1", active: true, maxBitrate: 2, scaleResolutionDownBy: 1 },
      ],
    }),
    setParameters: async (parameters: RTCRtpSendParameters) => void told.push(parameters),
  } as unknown as LimitedSender;
  await limit(sender, [
    { active: true, maxBitrate: 7 },
    { active: false, maxBitrate: 8 },
  ]);
  expect(told).toEqual([
    {
      transactionId: "t",
      encodings: [
        { rid: "r0", active: true, maxBitrate: 7, scaleResolutionDownBy: 2 },
        { rid: "r1", active: false, maxBitrate: 8, scaleResolutionDownBy: 1 },
      ],
    },
  ]);
});
