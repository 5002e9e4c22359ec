import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../sdk/js/tests/fakes/clock";
import { FADE_MS, Fader, fadedGain, STEP_MS } from "../../src/sound/fader";

function fader() {
  const clock = new FakeClock();
  const told: number[] = [];
  return { clock, told, fader: new Fader(clock, (gain) => told.push(gain)) };
}

describe("a fade", () => {
  it("takes as long as people take for smooth, and ends where it shall", () => {
    expect(FADE_MS).toBeGreaterThanOrEqual(50);
    expect(FADE_MS).toBeLessThanOrEqual(200);
    expect(fadedGain(1, 0.15, 0)).toBe(1);
    expect(fadedGain(1, 0.15, FADE_MS / 2)).toBeCloseTo(0.575);
    expect(fadedGain(1, 0.15, FADE_MS)).toBe(0.15);
    expect(fadedGain(0, 1, -5)).toBe(0);
  });

  it("begins with the first gain at once", () => {
    const { told, fader: sound } = fader();
    sound.fadeTo(0.15);
    expect(told).toEqual([0.15]);
  });

  it.each([
    [1, 0.15],
    [0.15, 1],
  ])("goes from %d to %d in small steps", async (from, to) => {
    const { clock, told, fader: sound } = fader();
    sound.fadeTo(from);
    sound.fadeTo(to);
    for (let ms = 0; ms < FADE_MS; ms += STEP_MS) await clock.advance(STEP_MS);
    const steps = told.slice(1).map((gain, index) => Math.abs(gain - (told[index] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(0.1);
    expect(told.at(-1)).toBe(to);
    await clock.advance(10 * FADE_MS);
    expect(told.at(-1)).toBe(to);
  });

  it("turns round from where it is", async () => {
    const { clock, told, fader: sound } = fader();
    sound.fadeTo(1);
    sound.fadeTo(0);
    await clock.advance(STEP_MS);
    const reached = told.at(-1) ?? 0;
    expect(reached).toBeGreaterThan(0.8);
    sound.fadeTo(1);
    expect(told.at(-1)).toBe(reached);
    for (let ms = 0; ms < FADE_MS; ms += STEP_MS) await clock.advance(STEP_MS);
    expect(told.at(-1)).toBe(1);
  });

  it("stops when the sound is over", async () => {
    const { clock, told, fader: sound } = fader();
    sound.fadeTo(1);
    sound.fadeTo(0);
    sound.stop();
    const before = told.length;
    await clock.advance(FADE_MS);
    expect(told.length).toBe(before);
  });
});
