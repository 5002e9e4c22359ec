// How this page shows the meeting: what the person at it, or the page around it, has chosen. Nobody else sees it.

import type { ReadonlySignal } from "@preact/signals";
import type { Source } from "../signal/types";
import type { Listenable } from "./emitter";

export type Panel = "chat" | "people";

export interface ViewState {
  /** The peer on the stage (their screen if they share one), chosen by hand; null for none. */
  pinned: string | null;
  panel: Panel | null;
  /** Chat messages that came while the chat was closed. */
  unread: number;
  controlsVisible: boolean;
  /** No names and icons in the tiles. */
  indicatorsHidden: boolean;
  /** Loudness of all others, 0 to 100. */
  volume: number;
  soundMuted: boolean;
  /** The browser wants a click before it plays sound. */
  soundBlocked: boolean;
  fullscreen: boolean;
  minimizeTiles: boolean;
  sortPeers: boolean;
}

/** What happens to the view, for those who watch it from outside (the bridge). Fired after the state changed. */
export interface ViewEvents {
  pinOn: { peerId: string };
  pinOff: Record<string, never>;
  /** `pin` was asked for somebody without a tile. */
  pinError: { peerId: string };
  /** The browser does not play sound before a click. */
  playingAudioPrevent: Record<string, never>;
}

export interface View {
  readonly state: ReadonlySignal<ViewState>;
  readonly events: Listenable<ViewEvents>;
  /** Put a peer on the stage. False if nobody with this id has a tile. */
  pin(peerId: string): boolean;
  unpin(): void;
  setPanel(panel: Panel | null): void;
  setControlsVisible(visible: boolean): void;
  setIndicatorsHidden(hidden: boolean): void;
  setVolume(volume: number): void;
  setSoundMuted(muted: boolean): void;
  setSoundBlocked(blocked: boolean): void;
  /** Try to play what the browser held back; call it from a click where possible. */
  playSound(): Promise<void>;
  /** Rejects where the browser refuses (no gesture, not allowed in this frame). */
  setFullscreen(on: boolean): Promise<void>;
  /** A PNG of what a peer's camera (or, without one, screen) shows, as a data URL; null without a picture. */
  screenshot(peerId: string): string | null;
  /**
   * The <audio> elements tell here how they are played: `playSound` calls `play`, which rejects with the browser's
   * error if it may not. Returns what ends it.
   */
  registerPlayer(play: () => Promise<void>): () => void;
  /** The tiles tell here which <video> shows what, for `screenshot` (my own too). Returns what ends it. */
  registerVideo(peerId: string, source: Source, element: HTMLVideoElement): () => void;
}
