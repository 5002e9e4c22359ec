// How loud a stream is. Of what others send, the browser knows it from each packet (RFC 6464) or from decoding it; my own
// streams are measured by one AudioContext for the page, with one analyser each.

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

/** So many readings in a row without a newer packet are silence: about a third of a second of them. */
const STALE_READINGS = 5;

/** What is used of an `RTCRtpReceiver`. */
type Receiver = Pick<RTCRtpReceiver, "getSynchronizationSources">;

/** Loudness from 0 to 1 of what a receiver plays at the moment, each time it is called. */
export function receivedLevel(receiver: Receiver): () => number {
  let timestamp: number | undefined;
  let readings = 0;
  return () => {
    const [source] = receiver.getSynchronizationSources(); // the newest one
    readings = source?.rtpTimestamp === timestamp ? readings + 1 : 0;
    timestamp = source?.rtpTimestamp;
    return readings < STALE_READINGS ? Math.min(1, GAIN * (source?.audioLevel ?? 0)) : 0;
  };
}

interface Meter {
  /** Null for what is received. */
  source: MediaStreamAudioSourceNode | null;
  read: () => number;
}

/** Makes its context when first asked; browsers let it run only after a click, until then all is silent. */
export class LevelMeter {
  #context: AudioContext | null = null;
  readonly #meters = new Map<MediaStream, Meter>();

  /** This stream is what a receiver plays. Where the browser can't tell its level, it is measured as any other. */
  received(stream: MediaStream, receiver: Receiver): void {
    if (typeof receiver.getSynchronizationSources === "function") {
      this.#meters.set(stream, { source: null, read: receivedLevel(receiver) });
    }
  }

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
      if (context.state !== "running") {
        context.resume().catch(() => {}); // no click yet, or a phone call: the next reading asks again
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
    this.#meters.get(stream)?.source?.disconnect();
    this.#meters.delete(stream);
  }
}
