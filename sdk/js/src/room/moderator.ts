// What moderators do, as requests to the server.

import type { Method, RequestData, ResponseData, Switchable, ViewerList } from "../signal/shapes.js";

/** Asks, and gives the answer. */
export type Ask = <M extends Method>(method: M, data: RequestData<M>) => Promise<ResponseData<M>>;

/** All of these reject with `RequestRefused` (code `notModerator` and others) or `ConnectionLost`. */
export interface Moderator {
  stopTrack(peerId: string, device: Switchable): Promise<void>;
  stopAllTracks(device: Switchable): Promise<void>;
  allow(peerId: string, device: Switchable, allowed: boolean): Promise<void>;
  allowAll(device: Switchable, allowed: boolean): Promise<void>;
  askToTurnOn(peerId: string, device: Switchable): Promise<void>;
  lowerHand(peerId: string): Promise<void>;
  lowerAllHands(): Promise<void>;
  stopVideo(): Promise<void>;
  setOnStage(peerId: string, onStage: boolean): Promise<void>;
  admit(peerId: string, admitted: boolean): Promise<void>;
  admitAll(admitted: boolean): Promise<void>;
  setWaitingRoom(enabled: boolean): Promise<void>;
  setLocked(locked: boolean): Promise<void>;
  kick(peerId: string): Promise<void>;
  /** A page of those who only watch: whose name has the words in it, from that place on. */
  viewers(words: string, offset: number): Promise<ViewerList>;
  removeMessage(messageId: number): Promise<void>;
  letBack(peerId: string): Promise<void>;
  endMeeting(): Promise<void>;
  startRecording(): Promise<void>;
  stopRecording(): Promise<void>;
  /** For the whole room; off counts until a moderator says otherwise. */
  setInterpretation(enabled: boolean): Promise<void>;
}

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
