// Where a video element's data come from: hls.js, the browser's own HLS (Safari), or else the MP4 file.

import type Hls from "hls.js";
import type { ErrorData } from "hls.js";
import type { ReadyVideo } from "../../wire/player";

const HLS = "application/vnd.apple.mpegurl";
/** What went wrong for good. A link that has expired is made anew by loading the page again. */
export type Failure = "expired" | "broken";

/** A sound that can be heard instead of the original: a language, by its name in itself. */
export interface Spoken {
  tag: string;
  name: string;
}

export interface Source {
  /** Begin to load; nothing is before. */
  start(atS: number): void;
  /** Heights that can be chosen, the largest first; empty where there is no choice. */
  heights(): number[];
  /** Always this height; null for what the connection allows. */
  choose(height: number | null): void;
  /** Languages that can be heard instead of the original; empty where nobody interpreted. */
  spoken(): Spoken[];
  /** Hear a language by its name; null for the original. */
  speak(name: string | null): void;
  /** Try again after a failure. */
  retry(): void;
}

interface Listener {
  failed(failure: Failure): void;
  /** The height that is shown, or what can be chosen, has changed. */
  heightsChanged(shown: number | null): void;
  /** It is known which languages there are. */
  spokenChanged(): void;
}

export async function sourceFor(
  video: HTMLVideoElement,
  told: ReadyVideo,
  listener: Listener,
): Promise<Source> {
  const safari = "webkitSetPresentationMode" in video && video.canPlayType(HLS) !== "";
  if (!safari) {
    const { default: Hls } = await import("hls.js");
    if (Hls.isSupported()) return new HlsSource(new Hls(SETTINGS), Hls, video, told.hls, listener);
  }
  return plainSource(video, video.canPlayType(HLS) ? told.hls : told.mp4, listener);
}

/** Its worker would only repackage MPEG transport streams, which ours are not. */
const SETTINGS = {
  autoStartLoad: false,
  enableWorker: false,
  capLevelToPlayerSize: true,
  maxBufferLength: 30,
};

class HlsSource implements Source {
  private recovered = false;

  constructor(
    private readonly hls: Hls,
    kind: typeof Hls,
    video: HTMLVideoElement,
    address: string,
    private readonly listener: Listener,
  ) {
    const { Events } = kind;
    hls.on(Events.ERROR, (_, data) => this.onError(kind, data));
    hls.on(Events.MANIFEST_PARSED, () => this.tell());
    hls.on(Events.LEVEL_SWITCHED, () => this.tell());
    hls.on(Events.AUDIO_TRACKS_UPDATED, () => this.listener.spokenChanged());
    hls.loadSource(address);
    hls.attachMedia(video);
  }

  start(atS: number): void {
    this.hls.startLoad(atS);
  }

  heights(): number[] {
    return [...new Set(this.hls.levels.map(({ height }) => height))].sort((a, b) => b - a);
  }

  choose(height: number | null): void {
    // Who chooses wants it, however small the player is.
    this.hls.capLevelToPlayerSize = height === null;
    this.hls.nextLevel = height === null ? -1 : this.hls.levels.findIndex((level) => level.height === height);
  }

  spoken(): Spoken[] {
    return this.hls.audioTracks.flatMap(({ name, lang }) => (lang ? [{ name, tag: lang }] : []));
  }

  speak(name: string | null): void {
    const wanted = this.hls.audioTracks.find((track) => (name === null ? !track.lang : track.name === name));
    if (wanted) this.hls.audioTrack = wanted.id;
  }

  retry(): void {
    this.recovered = false;
    this.hls.startLoad();
  }

  private tell(): void {
    this.listener.heightsChanged(this.hls.levels[this.hls.currentLevel]?.height ?? null);
  }

  private onError(kind: typeof Hls, data: ErrorData): void {
    if (!data.fatal) return;
    if (data.type === kind.ErrorTypes.MEDIA_ERROR && !this.recovered) {
      this.recovered = true;
      this.hls.recoverMediaError();
      return;
    }
    this.listener.failed(data.response?.code === 410 ? "expired" : "broken");
  }
}

/** The tracks of a file's sound, where a browser tells them (HTML, AudioTrackList): Safari does. */
interface TellingTracks extends HTMLVideoElement {
  readonly audioTracks?: ArrayLike<{ enabled: boolean; label: string; language: string }> & EventTarget;
}

function plainSource(video: TellingTracks, address: string, { failed, spokenChanged }: Listener): Source {
  let started = false;
  const start = (atS: number) => {
    if (started) return;
    started = true;
    video.src = address;
    const go = () => {
      video.currentTime = atS;
    };
    if (atS > 0) video.addEventListener("loadedmetadata", go, { once: true });
  };
  video.addEventListener("error", () => failed("broken"));
  const retry = () => {
    const atS = video.currentTime;
    started = false;
    start(atS);
  };
  // The original is the first one; a file of ours says of it that its language is undetermined.
  const tracks = () => Array.from(video.audioTracks ?? []);
  video.audioTracks?.addEventListener("addtrack", spokenChanged);
  const spoken = () =>
    tracks()
      .slice(1)
      .map(({ label, language }) => ({ name: label || language, tag: language }));
  const speak = (name: string | null) => {
    const all = tracks();
    const wanted = name === null ? 0 : all.findIndex(({ label, language }) => (label || language) === name);
    if (wanted < 0) return;
    all.forEach((track, index) => {
      track.enabled = index === wanted;
    });
  };
  return { start, retry, heights: () => [], choose: () => {}, spoken, speak };
}
