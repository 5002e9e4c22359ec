// What the player shows and does: one video element, its source, and where somebody is in it.

import { type Signal, signal } from "@preact/signals";
import type { ReadyVideo } from "../../wire/player";
import { remember, rememberedS } from "./position";
import { type Failure, type Source, type Spoken, sourceFor } from "./source";

export const SPEEDS: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
/** How often the place is kept. */
const REMEMBER_MS = 3000;

export class Playback {
  readonly timeS: Signal<number>;
  readonly bufferedS = signal(0);
  readonly playing = signal(false);
  readonly begun = signal(false);
  readonly waiting = signal(false);
  readonly volume = signal(1);
  readonly muted = signal(false);
  readonly speed = signal(1);
  readonly heights = signal<number[]>([]);
  /** The height that was chosen; null for automatic. */
  readonly height = signal<number | null>(null);
  readonly shownHeight = signal<number | null>(null);
  /** Languages into which was interpreted. */
  readonly spoken = signal<Spoken[]>([]);
  /** The name of the one that is heard; null for the original. */
  readonly language = signal<string | null>(null);
  readonly failure = signal<Failure | null>(null);
  readonly durationS: number;

  private source: Promise<Source> | null = null;
  private rememberedAt = 0;

  constructor(
    private readonly told: ReadyVideo,
    private readonly memory: () => Storage,
  ) {
    this.durationS = told.durationS;
    this.timeS = signal(rememberedS(memory, told.id, told.durationS));
  }

  /** Take an element; called once. */
  attach(video: HTMLVideoElement): void {
    this.video = video;
    const on = (names: string, listener: () => void) => {
      for (const name of names.split(" ")) video.addEventListener(name, listener);
    };
    on("play pause ended", () => {
      this.playing.value = !video.paused && !video.ended;
      this.keep();
    });
    on("waiting", () => {
      this.waiting.value = true;
    });
    on("playing canplay seeked pause", () => {
      this.waiting.value = false;
    });
    on("timeupdate seeking", () => this.onTime());
    on("progress timeupdate", () => this.onBuffered());
    on("volumechange", () => {
      this.volume.value = video.volume;
      this.muted.value = video.muted;
    });
    on("ratechange", () => {
      this.speed.value = video.playbackRate;
    });
    addEventListener("pagehide", () => this.keep());
    this.source = sourceFor(video, this.told, {
      failed: (failure) => {
        this.failure.value = failure;
      },
      heightsChanged: (shown) => {
        this.shownHeight.value = shown;
        void this.source?.then((source) => {
          this.heights.value = source.heights();
        });
      },
      spokenChanged: () => {
        void this.source?.then((source) => {
          this.spoken.value = source.spoken();
        });
      },
    });
    this.source.catch(() => {
      this.failure.value = "broken";
    });
  }

  toggle(): void {
    if (this.playing.value) this.video?.pause();
    else void this.play();
  }

  /** Go on at `timeS`; the first time begins to load there. */
  seek(timeS: number): void {
    const to = Math.min(Math.max(0, timeS), this.durationS);
    this.timeS.value = to;
    if (this.begun.value && this.video) this.video.currentTime = to;
  }

  by(seconds: number): void {
    this.seek(this.timeS.value + seconds);
  }

  setVolume(volume: number): void {
    if (!this.video) return;
    this.video.volume = Math.min(1, Math.max(0, Math.round(volume * 100) / 100));
    this.video.muted = this.video.volume === 0;
  }

  toggleMuted(): void {
    if (!this.video) return;
    this.video.muted = !this.video.muted;
    if (!this.video.muted && this.video.volume === 0) this.video.volume = 0.5;
  }

  setSpeed(speed: number): void {
    if (this.video) this.video.defaultPlaybackRate = this.video.playbackRate = speed;
  }

  /** One step faster or slower. */
  changeSpeed(by: 1 | -1): void {
    const next = SPEEDS[SPEEDS.indexOf(this.speed.value) + by];
    if (next !== undefined) this.setSpeed(next);
  }

  choose(height: number | null): void {
    this.height.value = height;
    void this.source?.then((source) => source.choose(height));
  }

  /** Hear a language by its name; null for the original. */
  speak(name: string | null): void {
    this.language.value = name;
    void this.source?.then((source) => source.speak(name));
  }

  /** Hear the next language, after the last one the original. */
  speakNext(): void {
    const names = this.spoken.value.map(({ name }) => name);
    if (names.length === 0) return;
    const at = this.language.value === null ? -1 : names.indexOf(this.language.value);
    this.speak(names[at + 1] ?? null);
  }

  retry(): void {
    if (this.failure.value === "expired") {
      this.keep();
      location.reload();
      return;
    }
    this.failure.value = null;
    void this.source?.then((source) => source.retry());
    void this.video?.play().catch(() => {});
  }

  async play(): Promise<void> {
    const source = await this.source;
    if (!source || !this.video) return;
    if (!this.begun.value) {
      this.begun.value = true;
      this.waiting.value = true;
      const endedS = this.durationS - 0.5;
      source.start(this.timeS.value >= endedS ? 0 : this.timeS.value);
    }
    // A browser that doesn't let us, or a pause meanwhile: the button stays as it is.
    await this.video.play().catch(() => {
      this.waiting.value = false;
    });
  }

  private video: HTMLVideoElement | null = null;

  private onTime(): void {
    if (!this.video || !this.begun.value) return;
    // Before there are data, an element says that it is at the beginning.
    if (this.video.readyState === 0) return;
    this.timeS.value = Math.min(this.video.currentTime, this.durationS);
    const now = Date.now();
    if (now - this.rememberedAt < REMEMBER_MS) return;
    this.rememberedAt = now;
    this.keep();
  }

  private onBuffered(): void {
    const ranges = this.video?.buffered;
    if (!ranges) return;
    for (let index = 0; index < ranges.length; index++) {
      if (ranges.start(index) <= this.timeS.value + 0.5 && this.timeS.value <= ranges.end(index)) {
        this.bufferedS.value = ranges.end(index);
      }
    }
  }

  private keep(): void {
    remember(this.memory, this.told.id, this.timeS.value, this.durationS);
  }
}
