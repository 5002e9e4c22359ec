import { describe, expect, it } from "vitest";
import { loudness, receivedLevel } from "../../src/sound/level";

const sine = (amplitude: number) =>
  Float32Array.from({ length: 1024 }, (_, index) => amplitude * Math.sin((index / 1024) * 2 * Math.PI * 8));

describe("loudness", () => {
  it("goes with the amplitude, from silence to full", () => {
    expect(loudness(new Float32Array(1024))).toBe(0);
    expect(loudness(new Float32Array(0))).toBe(0);
    expect(loudness(sine(0.1))).toBeCloseTo(0.1 * Math.SQRT2, 3);
    expect(loudness(sine(1))).toBe(1);
  });
});

describe("the level of what is received", () => {
  const packet = (rtpTimestamp: number, audioLevel?: number): RTCRtpSynchronizationSource[] => [
    { rtpTimestamp, source: 1, timestamp: 0, ...(audioLevel === undefined ? {} : { audioLevel }) },
  ];

  it("is that of the newest packet, on the scale of what is measured", () => {
    let sources = packet(1, 0.1);
    const read = receivedLevel({ getSynchronizationSources: () => sources });
    expect(read()).toBeCloseTo(0.2);
    sources = packet(2, 0.9);
    expect(read()).toBe(1);
    sources = packet(3);
    expect(read()).toBe(0);
  });

  it("is silence before the first packet, and when none comes any more", () => {
    let sources: RTCRtpSynchronizationSource[] = [];
    const read = receivedLevel({ getSynchronizationSources: () => sources });
    expect(read()).toBe(0);
    sources = packet(1, 0.2);
    const readings = Array.from({ length: 8 }, read);
    expect(readings.slice(0, 5).every((level) => level > 0)).toBe(true);
    expect(readings.slice(5)).toEqual([0, 0, 0]);
    sources = packet(2, 0.2);
    expect(read()).toBeCloseTo(0.4);
  });
});
