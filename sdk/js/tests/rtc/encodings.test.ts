import type { types } from "mediasoup-client";
import { describe, expect, it } from "vitest";
import { cameraBitrateBps, codecOf, encodingFor, simulcastLayers } from "../../src/rtc/encodings";

const codec = (mimeType: string): types.RtpCodecCapability => ({
  mimeType,
  kind: mimeType.startsWith("audio") ? "audio" : "video",
  clockRate: 90_000,
  preferredPayloadType: 100,
});
const CAPABILITIES = {
  codecs: ["audio/opus", "video/VP8", "video/H264", "video/VP9", "video/AV1"].map(codec),
};
const HD = { width: 1280, height: 720 };

const camera = (mimeType: string | null, capture = HD, canSvc = true) =>
  encodingFor("camera", capture, mimeType, CAPABILITIES, canSvc);

describe("a camera's bit rate", () => {
  it("is about 150, 500 and 1500 kbit/s for the layers of 720p", () => {
    const [small, medium, large] = [320 * 180, 640 * 360, 1280 * 720].map(cameraBitrateBps);
    expect(small).toBeGreaterThan(140_000);
    expect(small).toBeLessThan(170_000);
    expect(medium).toBeGreaterThan(450_000);
    expect(medium).toBeLessThan(520_000);
    expect(large).toBe(1_500_000);
  });
});

describe("simulcast", () => {
  it.each([
    [1280, 720, 3],
    [720, 1280, 3],
    [960, 540, 3],
    [640, 480, 2],
    [640, 360, 2],
    [320, 240, 1],
  ])("has for %i x %i %i layers", (width, height, layers) => {
    expect(simulcastLayers({ width, height })).toBe(layers);
  });

  it("goes from the smallest layer to the largest, for VP8 with temporal layers", () => {
    const { encodings, codec: chosen } = camera("video/VP8");
    expect(encodings?.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).toEqual([4, 2, 1]);
    expect(encodings?.every(({ scalabilityMode }) => scalabilityMode === "L1T3")).toBe(true);
    expect(chosen?.mimeType).toBe("video/VP8");
  });

  it("has no temporal layers for H264, whose packets do not name them", () => {
    expect(camera("video/h264").encodings?.map(({ scalabilityMode }) => scalabilityMode)).toEqual([
      "L1T1",
      "L1T1",
      "L1T1",
    ]);
  });
});

describe("scalable video", () => {
  it.each(["video/VP9", "video/AV1"])("is one encoding of three layers for %s", (mimeType) => {
    expect(camera(mimeType).encodings).toEqual([{ maxBitrate: 1_500_000, scalabilityMode: "L3T3_KEY" }]);
  });

  it("is plain where the browser makes no layers", () => {
    expect(camera("video/VP9", HD, false).encodings).toEqual([{ maxBitrate: 1_500_000 }]);
  });
});

describe("a screen", () => {
  const screen = (mimeType: string, width: number) =>
    encodingFor("screen", { width, height: 900 }, mimeType, CAPABILITIES, true).encodings;

  it("has a small layer for thumbnails if it is large", () => {
    expect(screen("video/VP8", 1600)?.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).toEqual([
      2, 1,
    ]);
    expect(screen("video/VP8", 800)).toHaveLength(1);
  });

  it("is one spatial layer where layers share a stream: text must stay sharp", () => {
    expect(screen("video/VP9", 1600)).toEqual([{ maxBitrate: 2_500_000, scalabilityMode: "L1T3" }]);
  });
});

describe("sound", () => {
  it("repairs voices, and leaves out silence", () => {
    const { codecOptions, encodings } = encodingFor("mic", HD, null, CAPABILITIES, true);
    expect(codecOptions).toEqual({ opusStereo: false, opusFec: true, opusDtx: true, opusNack: true });
    expect(encodings).toBeUndefined();
  });

  it("has redundancy where the browser and the node know it, and only if it is a voice", () => {
    const withRed = { codecs: [...CAPABILITIES.codecs, codec("audio/red")] };
    expect(encodingFor("mic", HD, null, withRed, true).codec?.mimeType).toBe("audio/red");
    expect(encodingFor("mic", HD, null, CAPABILITIES, true).codec).toBeUndefined();
    expect(encodingFor("screenAudio", HD, null, withRed, true).codec).toBeUndefined();
  });

  it("of a screen is stereo, without pauses", () => {
    const { codecOptions } = encodingFor("screenAudio", HD, null, CAPABILITIES, true);
    expect(codecOptions).toMatchObject({ opusStereo: true, opusDtx: false });
  });
});

describe("the codec", () => {
  it("is found whatever the case", () => {
    expect(codecOf("video/vp9", CAPABILITIES)?.mimeType).toBe("video/VP9");
  });

  it("is left to the negotiation if this browser cannot send it", () => {
    expect(codecOf("video/H265", CAPABILITIES)).toBeUndefined();
    expect("codec" in camera("video/H265")).toBe(false);
    expect("codec" in camera(null)).toBe(false);
  });
});
