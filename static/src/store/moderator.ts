// What moderators do, as requests to the server.

import type { Method, RequestData, ResponseData } from "../signal/shapes";
import type { Moderator } from "./types";

/** Asks, and gives the answer. */
export type Ask = <M extends Method>(method: M, data: RequestData<M>) => Promise<ResponseData<M>>;

export function moderatorBy(query: Ask): Moderator {
  const ask = async <M extends Method>(method: M, data: RequestData<M>): Promise<void> => {
    await query(method, data);
  };
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
    viewers: (words, offset) => query("listViewers", { words, offset }),
    removeMessage: (messageId) => ask("removeMessage", { messageId }),
    letBack: (peerId) => ask("letBack", { peerId }),
    endMeeting: () => ask("endMeeting", {}),
    startRecording: () => ask("startRecording", {}),
    stopRecording: () => ask("stopRecording", {}),
    setInterpretation: (enabled) => ask("setInterpretation", { enabled }),
  };
}
