// How loud a stream is: one AudioContext for the page, one analyser a stream.

/** About 20 ms at 48 kHz. */
const WINDOW_SAMPLES = 1024;
/** Speech near a microphone has a root mean square of 0.05 to 0.2; twice that fills a scale from 0 to 1 well. */
const GAIN = 2;

/** Loudness from 0 to 1 of samples from -1 to 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) {
    sum += sample * sample;
  }
  return samples.length === 0 ? 0 : Math.min(1, GAIN * Math.sqrt(sum / samples.length));
}

interface Meter {
  source: MediaStreamAudioSourceNode;
  read: () => number;
}

/** Makes its context when first asked; browsers let it run only after a click, until then all is silent. */
export class LevelMeter {
  #context: AudioContext | null = null;
  readonly #meters = new Map<MediaStream, Meter>();

  /** What reads a stream's loudness; null if there is no audio in it, or no way to measure. */
  level(stream: MediaStream): (() => number) | null {
    const known = this.#meters.get(stream);
    if (known !== undefined) {
      return known.read;
    }
    if (stream.getAudioTracks().length === 0 || typeof AudioContext === "undefined") {
      return null;
    }
    this.#context ??= new AudioContext();
    const context = this.#context;
    const source = context.createMediaStreamSource(stream);
    const analyser = context.createAnalyser();
    analyser.fftSize = WINDOW_SAMPLES;
    source.connect(analyser);
    const samples = new Float32Array(WINDOW_SAMPLES);
    const read = () => {
      if (context.state === "suspended") {
        context.resume().catch(() => {}); // no click yet: the next reading asks again
        return 0;
      }
      analyser.getFloatTimeDomainData(samples);
      return loudness(samples);
    };
    this.#meters.set(stream, { source, read });
    return read;
  }

  /** A stream is over. */
  forget(stream: MediaStream): void {
    this.#meters.get(stream)?.source.disconnect();
    this.#meters.delete(stream);
  }
}
