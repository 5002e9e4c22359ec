import { describe, expect, it } from "vitest";
import { loudness } from "../../src/rtc/level";

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
