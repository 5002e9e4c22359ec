import { afterEach, describe, expect, it, vi } from "vitest";
import { canSetVolume, loudnessOf } from "../../src/sound/loudness";

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
  const listeners = new Set<() => void>();
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
    addEventListener: (_type: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: () => void) => listeners.delete(listener),
  };
  const run = (state: string) => {
    context.state = state;
    for (const listener of listeners) listener();
  };
  vi.stubGlobal("document", { addEventListener: () => {}, removeEventListener: () => {} });
  vi.stubGlobal(
    "AudioContext",
    class {
      constructor() {
        Object.assign(this, context);
        Object.defineProperty(this, "state", { get: () => context.state });
      }
    },
  );
  return { run, gains, listeners };
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

  it("is Web Audio's where the device alone sets the volume, once that runs", () => {
    const { run, gains, listeners } = fakeContext();
    const audio = element(false);
    const loudness = loudnessOf(audio, STREAM);
    loudness.set(1, false);
    expect([audio.muted, gains.length]).toEqual([false, 0]); // as ever, as long as nobody wants it softer
    loudness.set(0.15, false);
    expect([audio.muted, gains[0]?.value]).toEqual([true, 0]); // rather not than as loud as the interpreter
    run("running");
    expect([audio.muted, gains[0]?.value]).toEqual([true, 0.15]);
    loudness.set(1, false);
    expect([audio.muted, gains[0]?.value]).toEqual([true, 1]);
    loudness.set(1, true);
    expect([audio.muted, gains[0]?.value]).toEqual([true, 0]);
    run("interrupted");
    loudness.set(1, false);
    expect([audio.muted, gains[0]?.value]).toEqual([false, 0]);
    expect(gains.length).toBe(1);
    loudness.close();
    expect(listeners.size).toBe(0);
  });
});
