import { afterEach, describe, expect, it, vi } from "vitest";
import { canSetVolume, loudnessOf } from "../../src/rtc/loudness";

const STREAM = {} as MediaStream;

/** As much of an element as is used; on iOS its volume is the device's. */
function element(volumeIsOurs: boolean): HTMLAudioElement {
  let volume = 1;
  return {
    muted: false,
    get volume() {
      return volume;
    },
    set volume(wanted: number) {
      if (volumeIsOurs) volume = wanted;
    },
  } as HTMLAudioElement;
}

/** A context that runs after a click only. */
function fakeContext() {
  const gains: { value: number }[] = [];
  const node = { connect: (next: unknown) => next, disconnect: () => {} };
  const context = {
    state: "suspended",
    destination: {},
    createMediaStreamSource: () => node,
    createGain: () => {
      const gain = { value: 1 };
      gains.push(gain);
      return { ...node, gain };
    },
    resume: async () => {},
  };
  vi.stubGlobal(
    "AudioContext",
    class {
      constructor() {
        Object.assign(this, context);
        Object.defineProperty(this, "state", { get: () => context.state });
      }
    },
  );
  return { context, gains };
}

afterEach(() => vi.unstubAllGlobals());

describe("an element's loudness", () => {
  it("is its volume where a page may set it", () => {
    const audio = element(true);
    expect(canSetVolume(audio)).toBe(true);
    expect(audio.volume).toBe(1);
    const loudness = loudnessOf(audio, STREAM);
    loudness.set(0.15, false);
    expect([audio.volume, audio.muted]).toEqual([0.15, false]);
    loudness.set(0.15, true);
    expect(audio.muted).toBe(true);
  });

  it("is Web Audio's where the device alone sets the volume, once that runs", async () => {
    const { context, gains } = fakeContext();
    const audio = element(false);
    const loudness = loudnessOf(audio, STREAM);
    loudness.set(1, false);
    expect([audio.muted, gains.length]).toEqual([false, 0]); // as ever, as long as nobody wants it softer
    loudness.set(0.15, false);
    expect([audio.muted, gains[0]?.value]).toEqual([true, 0]); // rather not than as loud as the interpreter
    context.state = "running";
    loudness.unlock();
    await Promise.resolve();
    await Promise.resolve();
    expect([audio.muted, gains[0]?.value]).toEqual([true, 0.15]);
    loudness.set(1, false);
    expect([audio.muted, gains[0]?.value]).toEqual([true, 1]);
    loudness.set(1, true);
    expect([audio.muted, gains[0]?.value]).toEqual([true, 0]);
    expect(gains.length).toBe(1);
  });
});
