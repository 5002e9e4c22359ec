// How loud an <audio> element of somebody's voice is played. By the element's volume, which also keeps the chosen
// speaker; where that is the device's alone to set (iOS), by a gain of Web Audio.

export interface Loudness {
  /** From 0 to 1; silent while muted. */
  set(gain: number, muted: boolean): void;
  /** The browser may play sound now: call it from a click. */
  unlock(): void;
  close(): void;
}

/** Below this, what can't be played softly is better not played: it would be louder than what is to be heard. */
const SILENT_BELOW = 0.5;

/** Whether a page can set how loud an element is (on iOS, reading gives 1 whatever was set). */
export function canSetVolume(element: { volume: number }): boolean {
  const before = element.volume;
  element.volume = 0.5;
  const can = element.volume === 0.5;
  element.volume = before;
  return can;
}

export function loudnessOf(element: HTMLAudioElement, stream: MediaStream): Loudness {
  return canSetVolume(element) ? new ElementLoudness(element) : new GraphLoudness(element, stream);
}

class ElementLoudness implements Loudness {
  readonly #element: HTMLAudioElement;

  constructor(element: HTMLAudioElement) {
    this.#element = element;
  }

  set(gain: number, muted: boolean): void {
    this.#element.volume = gain;
    this.#element.muted = muted;
  }

  unlock(): void {}

  close(): void {}
}

/** One for the page: browsers allow few, and let them run only after a click. */
let shared: AudioContext | null = null;

/** What browsers take for consent to sound. */
const GESTURES = ["pointerup", "keydown"] as const;

/** The element plays what is fully loud; from the first softer gain on, it is silent and Web Audio plays its stream. */
class GraphLoudness implements Loudness {
  readonly #element: HTMLAudioElement;
  readonly #stream: MediaStream;
  #source: MediaStreamAudioSourceNode | null = null;
  #gainNode: GainNode | null = null;
  #wanted = { gain: 1, muted: false };

  constructor(element: HTMLAudioElement, stream: MediaStream) {
    this.#element = element;
    this.#stream = stream;
  }

  set(gain: number, muted: boolean): void {
    this.#wanted = { gain, muted };
    const soft = gain > 0 && gain < 1;
    if (soft && this.#gainNode === null && typeof AudioContext !== "undefined") {
      this.#connect();
    }
    const runs = this.#gainNode !== null && shared?.state === "running";
    if (this.#gainNode !== null) {
      this.#gainNode.gain.value = runs && !muted ? gain : 0;
    }
    this.#element.muted = muted || runs || gain < SILENT_BELOW;
  }

  unlock(): void {
    if (this.#gainNode !== null && shared?.state !== "running") {
      shared?.resume().catch(() => {}); // not yet: the next click asks again
    }
  }

  close(): void {
    this.#source?.disconnect();
    this.#gainNode?.disconnect();
    shared?.removeEventListener("statechange", this.#again);
    for (const gesture of GESTURES) {
      document.removeEventListener(gesture, this.#unlock);
    }
  }

  /** The context runs, or was interrupted: by a phone call, say. */
  readonly #again = () => this.set(this.#wanted.gain, this.#wanted.muted);

  readonly #unlock = () => this.unlock();

  #connect(): void {
    shared ??= new AudioContext();
    this.#source = shared.createMediaStreamSource(this.#stream);
    this.#gainNode = shared.createGain();
    this.#source.connect(this.#gainNode).connect(shared.destination);
    shared.addEventListener("statechange", this.#again);
    for (const gesture of GESTURES) {
      document.addEventListener(gesture, this.#unlock);
    }
    this.unlock();
  }
}
