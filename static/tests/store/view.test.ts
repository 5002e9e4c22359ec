import { effect, type Signal, signal } from "@preact/signals";
import type { ChatMessage } from "meet-client/signal/shapes";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Screen } from "../../src/store/screen";
import type { MeetingState, Peer } from "../../src/store/types";
import { createView, REFUSED_WITHIN_MS, type View, type ViewEvents } from "../../src/store/view";
import type { PageAttributes } from "../../src/wire/boot";
import { BOOT } from "../fakes/boot";
import { meetingState } from "../fakes/meetingState";

class FakeScreen implements Screen {
  full = false;
  refusal: Error | null = null;
  tell = () => {};
  gesture: (() => void) | null = null;
  readonly pictures = new Map<unknown, string>();
  readonly origin = "https://meet.example";
  framed = false;
  isFull = () => this.full;
  fill = async () => this.#turn(true);
  leave = async () => this.#turn(false);
  onFullChange = (listener: () => void) => {
    this.tell = listener;
  };
  onFirstGesture = (listener: () => void) => {
    this.gesture = listener;
  };
  draw = (video: HTMLVideoElement) => this.pictures.get(video) ?? null;

  #turn(full: boolean): void {
    if (this.refusal !== null) throw this.refusal;
    this.full = full;
    this.tell();
  }
}

let meeting: { state: Signal<MeetingState> };
let screen: FakeScreen;
let view: View;

beforeEach(() => {
  meeting = { state: signal({ ...meetingState(BOOT), phase: "joined", peers: [person("a"), person("b")] }) };
  screen = new FakeScreen();
  open();
});

function open(attributes: Partial<PageAttributes> = {}): void {
  view = createView(meeting, { ...BOOT, attributes: { ...BOOT.attributes, ...attributes } }, screen);
}

function person(id: string): Peer {
  return {
    id,
    displayName: id,
    joinedAt: 1,
    role: "participant",
    language: "",
    handRaisedAt: null,
    absent: false,
    quality: "unknown",
    overrides: { mic: null, camera: null, screen: null },
    tracks: {},
  };
}

const change = (changed: Partial<MeetingState>) => {
  meeting.state.value = { ...meeting.state.value, ...changed };
};

const state = () => view.state.value;

function heard(...names: (keyof ViewEvents)[]): string[] {
  const all: string[] = [];
  for (const name of names) {
    view.events.on(name, (data) => all.push([name, ...Object.values(data)].join(" ")));
  }
  return all;
}

describe("a view", () => {
  it("begins as it is usual", () => {
    expect(state()).toEqual({
      pinned: null,
      panel: null,
      unread: 0,
      inviteUrl: "https://meet.example/call/?roomId=room",
      recordingsUrl: "",
      offersNew: true,
      ownScreenShown: true,
      controlsVisible: true,
      indicatorsHidden: false,
      volume: 100,
      soundMuted: false,
      soundBlocked: false,
      fullscreen: false,
      minimizeTiles: false,
      sortPeers: false,
    });
  });

  it.each<[Partial<PageAttributes>, object]>([
    [{ controlsDisabled: true }, { controlsVisible: false }],
    [{ hideIndicators: true }, { indicatorsHidden: true }],
    [{ minimizeTiles: true }, { minimizeTiles: true }],
    [{ sortPeers: true }, { sortPeers: true }],
  ])("begins as the link wants it: %o", (attributes, expected) => {
    const usual = state();
    open(attributes);
    expect(state()).toEqual({ ...usual, ...expected });
  });

  it("changes as it is told, and does not stir where nothing changes", () => {
    let updates = -1;
    effect(() => {
      view.state.value;
      updates += 1;
    });
    view.setControlsVisible(false);
    view.setIndicatorsHidden(true);
    view.setSoundMuted(true);
    view.setVolume(40);
    view.setPanel("people");
    expect([state(), updates]).toEqual([
      expect.objectContaining({
        controlsVisible: false,
        indicatorsHidden: true,
        soundMuted: true,
        volume: 40,
        panel: "people",
      }),
      5,
    ]);
    view.setControlsVisible(false);
    view.setVolume(40);
    change({ viewers: 7 });
    expect(updates).toBe(5);
    view.setControlsVisible(true);
    expect(state().controlsVisible).toBe(true);
  });

  it.each([
    [-5, 0],
    [0, 0],
    [100, 100],
    [140, 100],
  ])("takes a volume of %d for %d", (given, expected) => {
    view.setVolume(given);
    expect(state().volume).toBe(expected);
  });
});

describe("a pin", () => {
  it("holds one person with a tile, and can be moved and taken out", () => {
    const all = heard("pinOn", "pinOff", "pinError");
    expect([view.pin("a"), view.pin("a"), view.pin("b"), state().pinned]).toEqual([true, true, true, "b"]);
    view.unpin();
    view.unpin();
    expect([state().pinned, all]).toEqual([null, ["pinOn a", "pinOn b", "pinOff"]]);
  });

  it("does not hold who has no tile", () => {
    const all = heard("pinOn", "pinOff", "pinError");
    view.pin("a");
    expect([view.pin("stranger"), state().pinned]).toEqual([false, "a"]);
    expect(all).toEqual(["pinOn a", "pinError stranger"]);
  });

  it("may hold me, if I have a tile", () => {
    expect(view.pin("me")).toBe(true);
    change({ me: { ...meeting.state.value.me, viewer: true } });
    expect([state().pinned, view.pin("me")]).toEqual([null, false]);
    change({ me: { ...meeting.state.value.me, viewer: false }, phase: "welcome" });
    expect(view.pin("me")).toBe(false);
  });

  it("falls out when its person goes, but not because of a lost connection", () => {
    view.pin("a");
    const all = heard("pinOff");
    change({ phase: "reconnecting" });
    change({ phase: "joined", peers: [person("a")] });
    expect([state().pinned, all]).toEqual(["a", []]);
    change({ peers: [] });
    expect([state().pinned, all]).toEqual([null, ["pinOff"]]);
  });

  it("does not make the view follow what its listeners read", () => {
    const other = signal(0);
    view.events.on("pinOff", () => void other.value);
    view.pin("a");
    change({ peers: [] });
    const read = vi.spyOn(meeting.state, "value", "get");
    other.value = 1;
    expect(read).not.toHaveBeenCalled();
    change({ peers: [] });
    expect(read).toHaveBeenCalled();
  });
});

describe("unread messages", () => {
  const message = (id: number, peerId = "a"): ChatMessage => ({
    id,
    peerId,
    displayName: peerId,
    text: "",
    at: id,
  });
  const say = (...messages: ChatMessage[]) => change({ chat: [...meeting.state.value.chat, ...messages] });

  it("are those of others that came while the chat was closed", () => {
    say(message(1));
    say(message(2, "me"));
    view.setPanel("people");
    say(message(3), message(4, "b"));
    expect(state().unread).toBe(3);
    view.setPanel("chat");
    expect(state().unread).toBe(0);
    say(message(5));
    expect(state().unread).toBe(0);
    view.setPanel(null);
    expect(state().unread).toBe(0);
    say(message(6));
    expect(state().unread).toBe(1);
  });

  it("are none of those that were there before me", () => {
    change({ phase: "welcome", chat: [] });
    change({ phase: "joined", chat: [message(1), message(2)] });
    expect(state().unread).toBe(0);
    say(message(3));
    expect(state().unread).toBe(1);
    change({ phase: "left", chat: [] });
    change({ phase: "joined", chat: [message(1), message(2), message(3), message(4)] });
    expect(state().unread).toBe(1);
  });

  it("are those that came while my connection was lost as well, once", () => {
    say(message(1));
    change({ phase: "reconnecting" });
    change({ phase: "joined", chat: [message(1), message(2)] });
    expect(state().unread).toBe(2);
    change({ viewers: 3 });
    expect(state().unread).toBe(2);
  });

  it("are none any more when the chat is cleared", () => {
    say(message(1), message(2));
    change({ chat: [] });
    expect(state().unread).toBe(0);
    say(message(3));
    expect(state().unread).toBe(1);
    change({ phase: "reconnecting" });
    change({ phase: "joined", chat: [] });
    expect(state().unread).toBe(0);
  });
});

describe("sound", () => {
  const refusal = () => Promise.reject(new DOMException("No.", "NotAllowedError"));

  it("that the browser holds back is told once", () => {
    const all = heard("playingAudioPrevent");
    view.setSoundBlocked(true);
    view.setSoundBlocked(true);
    expect([state().soundBlocked, all]).toEqual([true, ["playingAudioPrevent"]]);
    view.setSoundBlocked(false);
    view.setSoundBlocked(true);
    expect(all).toHaveLength(2);
  });

  it("is played by all players at once, within the click", async () => {
    const played: string[] = [];
    view.registerPlayer(async () => void played.push("a"));
    const end = view.registerPlayer(async () => void played.push("gone"));
    view.registerPlayer(async () => void played.push("b"));
    end();
    view.setSoundBlocked(true);
    const playing = view.playSound();
    expect([played, state().soundBlocked]).toEqual([["a", "b"], true]);
    await playing;
    expect(state().soundBlocked).toBe(false);
  });

  it("stays blocked if one player still may not", async () => {
    const all = heard("playingAudioPrevent");
    view.registerPlayer(refusal);
    view.registerPlayer(async () => {});
    view.setSoundBlocked(true);
    await view.playSound();
    expect([state().soundBlocked, all.length]).toEqual([true, 1]);
  });

  it("does not wait for a picture that never comes", async () => {
    vi.useFakeTimers();
    try {
      view.registerPlayer(() => new Promise(() => {}));
      view.registerPlayer(async () => {});
      view.setSoundBlocked(true);
      const playing = view.playSound();
      await vi.advanceTimersByTimeAsync(REFUSED_WITHIN_MS);
      expect(state().soundBlocked).toBe(false);
      await playing;
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not blocked by a player that fails for another reason", async () => {
    view.registerPlayer(() => Promise.reject(new DOMException("", "AbortError")));
    view.registerPlayer(() => {
      throw new Error("at once");
    });
    view.setSoundBlocked(true);
    await view.playSound();
    expect(state().soundBlocked).toBe(false);
  });
});

describe("the whole screen", () => {
  it("is filled and left, and the state says what the browser says", async () => {
    await view.setFullscreen(true);
    expect(state().fullscreen).toBe(true);
    screen.full = false; // by Escape
    screen.tell();
    expect(state().fullscreen).toBe(false);
    await view.setFullscreen(true);
    await view.setFullscreen(false);
    expect([screen.full, state().fullscreen]).toEqual([false, false]);
  });

  it("is not asked for what is so already", async () => {
    screen.refusal = new Error("asked");
    await view.setFullscreen(false);
    screen.full = true;
    await view.setFullscreen(true);
  });

  it("is refused to the caller", async () => {
    screen.refusal = new TypeError("No.");
    await expect(view.setFullscreen(true)).rejects.toBe(screen.refusal);
    expect(state().fullscreen).toBe(false);
  });

  it("is filled with the first gesture if the link wants it, quietly if it can't be", async () => {
    expect(screen.gesture).toBeNull();
    open({ startWithFS: true });
    expect(screen.full).toBe(false);
    screen.gesture?.();
    await Promise.resolve();
    expect(screen.full).toBe(true);
    screen.full = false;
    screen.refusal = new TypeError("No.");
    screen.gesture?.();
    await new Promise((resolve) => setTimeout(resolve)); // an unhandled rejection would fail the run
    expect(screen.full).toBe(false);
  });
});

describe("a screenshot", () => {
  const video = (picture: string | null): HTMLVideoElement => {
    const element = {} as HTMLVideoElement;
    if (picture !== null) screen.pictures.set(element, picture);
    return element;
  };

  it("is of the camera, else of the screen, else there is none", () => {
    view.registerVideo("a", "screen", video("screen"));
    expect(view.screenshot("a")).toBe("screen");
    const end = view.registerVideo("a", "camera", video("camera"));
    view.registerVideo("b", "camera", video("b"));
    expect(view.screenshot("a")).toBe("camera");
    end();
    expect([view.screenshot("a"), view.screenshot("c")]).toEqual(["screen", null]);
  });

  it("is of the newest tile that shows a picture", () => {
    view.registerVideo("a", "camera", video("old"));
    view.registerVideo("a", "camera", video("new"));
    expect(view.screenshot("a")).toBe("new");
    view.registerVideo("a", "camera", video(null));
    expect(view.screenshot("a")).toBe("new");
  });
});
