import { describe, expect, it } from "vitest";
import { assumedCapture, layerSize, subscriptionFor } from "../../src/rtc/layers";

const HD = { width: 1280, height: 720 };
const layer = (width: number, height: number, fit: "cover" | "contain" = "cover", layers = 3) =>
  subscriptionFor({ width, height }, HD, layers, fit);

describe("the size of a layer", () => {
  it("halves from one to the next", () => {
    expect([0, 1, 2].map((index) => layerSize(HD, index, 3).width)).toEqual([320, 640, 1280]);
    expect([0, 1].map((index) => layerSize(HD, index, 2).width)).toEqual([640, 1280]);
    expect(layerSize(HD, 0, 1)).toEqual(HD);
  });
});

describe("the layer to ask for", () => {
  it.each([
    [160, 90, 0],
    [320, 180, 0],
    [350, 196, 0], // stretched by less than a tenth
    [353, 199, 1],
    [640, 360, 1],
    [710, 400, 2],
    [1280, 720, 2],
    [3840, 2160, 2],
  ])("at %i x %i is %i", (width, height, spatialLayer) => {
    expect(layer(width, height)).toEqual({ paused: false, spatialLayer });
  });

  it("is none for what is not visible", () => {
    expect(subscriptionFor(null, HD, 3, "cover")).toEqual({ paused: true });
    expect(layer(0, 300)).toEqual({ paused: true });
  });

  it("fills a tile of another shape where the picture covers it", () => {
    expect(layer(200, 360)).toEqual({ paused: false, spatialLayer: 1 });
    expect(layer(200, 360, "contain")).toEqual({ paused: false, spatialLayer: 0 });
  });

  it("is the only one where there is one", () => {
    expect(layer(4, 4, "cover", 1)).toEqual({ paused: false, spatialLayer: 0 });
  });
});

describe("what the other side captures", () => {
  it("follows from source and layers", () => {
    expect(assumedCapture("camera", 3, {})).toEqual(HD);
    expect(assumedCapture("camera", 2, {})).toEqual({ width: 640, height: 360 });
    expect(assumedCapture("screen", 2, {})).toEqual({ width: 1920, height: 1080 });
  });

  it.each([
    { width: 180, height: 320 },
    { width: 720, height: 1280 },
  ])("has the shape of what is received (%o), at any size of it", (received) => {
    const { width, height } = assumedCapture("camera", 3, received);
    expect(width).toBeCloseTo(720);
    expect(height).toBeCloseTo(1280);
  });

  it("is not deduced from a picture that is none yet", () => {
    expect(assumedCapture("camera", 3, { width: 0, height: 0 })).toEqual(HD);
    expect(assumedCapture("camera", 3, { width: 2, height: 720 })).toEqual(HD);
  });
});
