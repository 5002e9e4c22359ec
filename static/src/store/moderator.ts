// What moderators do, as requests to the server.

import type { Method, RequestData } from "../signal/types";
import type { Moderator } from "./types";

/** Asks for something that has no answer. */
export type Ask = <M extends Method>(method: M, data: RequestData<M>) => Promise<void>;

export function moderatorBy(ask: Ask): Moderator {
  return {
    stopTrack: (peerId, device) => ask("stopTrack", { peerId, device }),
    stopAllTracks: (device) => ask("stopAllTracks", { device }),
    allow: (peerId, device, allowed) => ask("allow", { peerId, device, allowed }),
    allowAll: (device, allowed) => ask("allowAll", { device, allowed }),
    askToTurnOn: (peerId, device) => ask("askToTurnOn", { peerId, device }),
    lowerHand: (peerId) => ask("lowerHand", { peerId }),
    stopVideo: () => ask("stopVideo", {}),
    lowerAllHands: () => ask("lowerAllHands", {}),
    setOnStage: (peerId, onStage) => ask("setOnStage", { peerId, onStage }),
    admit: (peerId, admitted) => ask("admit", { peerId, admitted }),
    admitAll: (admitted) => ask("admitAll", { admitted }),
    setWaitingRoom: (enabled) => ask("setWaitingRoom", { enabled }),
    setLocked: (locked) => ask("setLocked", { locked }),
    kick: (peerId) => ask("kick", { peerId }),
    letBack: (peerId) => ask("letBack", { peerId }),
    endMeeting: () => ask("endMeeting", {}),
    startRecording: () => ask("startRecording", {}),
    stopRecording: () => ask("stopRecording", {}),
  };
}
