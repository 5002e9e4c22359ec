// A view without a browser behind it: every call changes the state at once.

import { signal } from "@preact/signals";
import { Emitter } from "meet-client/room/emitter";
import type { View, ViewEvents, ViewState } from "../../src/store/view";

export function fakeView(options: Partial<ViewState>): View {
  const state = signal<ViewState>({
    pinned: null,
    panel: null,
    unread: 0,
    inviteUrl: "https://meet.example/call/?roomId=team42",
    recordingsUrl: "/recordings/",
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
    ...options,
  });
  const change = (part: Partial<ViewState>) => {
    state.value = { ...state.value, ...part };
  };
  return {
    state,
    events: new Emitter<ViewEvents>(),
    pin: (pinned) => {
      change({ pinned });
      return true;
    },
    unpin: () => change({ pinned: null }),
    hideOwnScreen: () => change({ ownScreenShown: false }),
    setInviteUrl: (inviteUrl) => change({ inviteUrl }),
    setPanel: (panel) => change(panel === "chat" ? { panel, unread: 0 } : { panel }),
    setControlsVisible: (controlsVisible) => change({ controlsVisible }),
    setIndicatorsHidden: (indicatorsHidden) => change({ indicatorsHidden }),
    setVolume: (volume) => change({ volume }),
    setSoundMuted: (soundMuted) => change({ soundMuted }),
    setSoundBlocked: (soundBlocked) => change({ soundBlocked }),
    playSound: async () => change({ soundBlocked: false }),
    setFullscreen: async (fullscreen) => change({ fullscreen }),
    screenshot: () => null,
    registerPlayer: () => () => {},
    registerVideo: () => () => {},
  };
}
