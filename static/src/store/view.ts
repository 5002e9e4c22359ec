// How this page shows the meeting: what the person at it, or the page around it, has chosen. Nobody else sees it.

import { effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { Emitter, type Listenable } from "meet-client/room/emitter";
import { isInside } from "meet-client/room/happenings";
import { isInterpreter } from "meet-client/room/interpretation";
import type { ChatMessage, Source } from "meet-client/signal/shapes";
import type { Boot } from "../wire/boot";
import { inviteUrl } from "./invite";
import { browserScreen, type Screen } from "./screen";
import type { Meeting, MeetingState } from "./types";

export type Panel = "chat" | "people" | "moderator";

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
  /** The link that others are invited with; null where there is none that lets anybody in. */
  inviteUrl: string | null;
  /** Where I find recordings; empty where I may see none. */
  recordingsUrl: string;
  /** Whether this page may lead to a new meeting of its own: in no other page, and where everybody may have one. */
  offersNew: boolean;
  /** My own shared screen has a tile here, too; until the next share it may be hidden. */
  ownScreenShown: boolean;
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
  /** Invite with this link from now on. */
  setInviteUrl(url: string): void;
  hideOwnScreen(): void;
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

/** How this page shows a meeting, to begin with as its link says. */
export function createView(
  meeting: Pick<Meeting, "state">,
  boot: Boot,
  screen: Screen = browserScreen(),
): View {
  return new PageView(meeting.state, boot, screen);
}

type Player = () => Promise<void>;

/**
 * Browsers refuse to play at once. Without a refusal for so long it may be played, and waits for its first picture or
 * sound, which may never come: of a camera that is covered by its system, say.
 */
export const REFUSED_WITHIN_MS = 1_000;

class PageView implements View {
  readonly state: Signal<ViewState>;
  readonly events = new Emitter<ViewEvents>();
  readonly #meeting: ReadonlySignal<MeetingState>;
  readonly #screen: Screen;
  readonly #players = new Set<{ play: Player }>();
  readonly #videos = new Set<{ peerId: string; source: Source; element: HTMLVideoElement }>();
  /** The newest chat message that was there before; null while nobody is in. */
  #heardUntil: number | null = null;

  constructor(meeting: ReadonlySignal<MeetingState>, boot: Boot, screen: Screen) {
    const { attributes } = boot;
    this.#meeting = meeting;
    this.#screen = screen;
    this.state = signal({
      pinned: null,
      panel: null,
      unread: 0,
      controlsVisible: !attributes.controlsDisabled,
      indicatorsHidden: attributes.hideIndicators,
      volume: 100,
      soundMuted: false,
      soundBlocked: false,
      fullscreen: screen.isFull(),
      inviteUrl: inviteUrl(screen.origin, boot),
      recordingsUrl: boot.recordingsUrl ?? "",
      offersNew: boot.opensBare && !screen.framed,
      ownScreenShown: true,
      minimizeTiles: attributes.minimizeTiles,
      sortPeers: attributes.sortPeers,
    });
    effect(() => {
      const now = meeting.value;
      untracked(() => this.#follow(now)); // whatever listeners read is their own business
    });
    screen.onFullChange(() => this.#change({ fullscreen: screen.isFull() }));
    if (attributes.startWithFS) {
      // Where the browser or the frame does not allow it, the meeting is no worse for it.
      screen.onFirstGesture(() => void this.setFullscreen(true).catch(() => {}));
    }
  }

  pin(peerId: string): boolean {
    if (!hasTile(this.#meeting.peek(), peerId)) {
      this.events.emit("pinError", { peerId });
      return false;
    }
    if (this.state.peek().pinned !== peerId) {
      this.#change({ pinned: peerId });
      this.events.emit("pinOn", { peerId });
    }
    return true;
  }

  unpin(): void {
    if (this.state.peek().pinned !== null) {
      this.#change({ pinned: null });
      this.events.emit("pinOff", {});
    }
  }

  setPanel(panel: Panel | null): void {
    this.#change(panel === "chat" ? { panel, unread: 0 } : { panel });
  }

  setControlsVisible(visible: boolean): void {
    this.#change({ controlsVisible: visible });
  }

  setIndicatorsHidden(hidden: boolean): void {
    this.#change({ indicatorsHidden: hidden });
  }

  setInviteUrl(url: string): void {
    this.#change({ inviteUrl: url });
  }

  hideOwnScreen(): void {
    this.#change({ ownScreenShown: false });
  }

  setVolume(volume: number): void {
    this.#change({ volume: Math.min(100, Math.max(0, volume)) });
  }

  setSoundMuted(muted: boolean): void {
    this.#change({ soundMuted: muted });
  }

  setSoundBlocked(blocked: boolean): void {
    if (this.state.peek().soundBlocked !== blocked) {
      this.#change({ soundBlocked: blocked });
      if (blocked) {
        this.events.emit("playingAudioPrevent", {});
      }
    }
  }

  async playSound(): Promise<void> {
    // All of them at once: a click counts for what is begun in its own time only.
    const results = await Promise.allSettled([...this.#players].map(({ play }) => tried(play)));
    this.setSoundBlocked(results.some((result) => result.status === "rejected" && isBlocked(result.reason)));
  }

  async setFullscreen(on: boolean): Promise<void> {
    if (on !== this.#screen.isFull()) {
      await (on ? this.#screen.fill() : this.#screen.leave());
    }
  }

  screenshot(peerId: string): string | null {
    const shown = [...this.#videos].reverse().filter((video) => video.peerId === peerId);
    for (const source of ["camera", "screen"] as const) {
      for (const video of shown) {
        const picture = video.source === source ? this.#screen.draw(video.element) : null;
        if (picture !== null) {
          return picture;
        }
      }
    }
    return null;
  }

  registerPlayer(play: Player): () => void {
    return registered(this.#players, { play });
  }

  registerVideo(peerId: string, source: Source, element: HTMLVideoElement): () => void {
    return registered(this.#videos, { peerId, source, element });
  }

  /** Keep true what depends on the meeting. */
  #follow(meeting: MeetingState): void {
    const { pinned, panel, unread } = this.state.peek();
    if (pinned !== null && !hasTile(meeting, pinned)) {
      this.unpin();
    }
    if (meeting.local.screen.status === "off") {
      this.#change({ ownScreenShown: true });
    }
    if (!isInside(meeting)) {
      this.#heardUntil = null;
      return;
    }
    const heardUntil = this.#heardUntil;
    this.#heardUntil = meeting.chat.at(-1)?.id ?? 0;
    if (heardUntil !== null && panel !== "chat") {
      const news = meeting.chat.filter((message) => isNews(message, heardUntil, meeting.me.peerId));
      this.#change({ unread: Math.min(unread + news.length, meeting.chat.length) }); // it may have been cleared
    }
  }

  #change(changed: Partial<ViewState>): void {
    const before = this.state.peek();
    const after = { ...before, ...changed };
    if (
      Object.keys(changed).some((key) => before[key as keyof ViewState] !== after[key as keyof ViewState])
    ) {
      this.state.value = after;
    }
  }
}

function hasTile(meeting: MeetingState, peerId: string): boolean {
  if (peerId === meeting.me.peerId) {
    return isInside(meeting) && !meeting.me.viewer && !isInterpreter(meeting.me);
  }
  return meeting.peers.some((peer) => peer.id === peerId && !isInterpreter(peer));
}

function isNews({ id, peerId }: ChatMessage, heardUntil: number, myId: string): boolean {
  return id > heardUntil && peerId !== myId;
}

/** Begins within this call, and is over in time. */
async function tried(play: Player): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, REFUSED_WITHIN_MS);
  });
  try {
    await Promise.race([play(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function isBlocked(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}

function registered<T>(registry: Set<T>, entry: T): () => void {
  registry.add(entry);
  return () => registry.delete(entry);
}
