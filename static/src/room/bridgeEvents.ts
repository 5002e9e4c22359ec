// Every event of the Client API: what has to happen in this page for it. Source: the tutorial's "Events from an iframe".

import { endedBy, LEFT } from "meet-client/room/endings";
import type { EventName } from "../bridge/api";
import type { Meeting, MeetingState, RoomEvents } from "../store/types";
import type { View } from "../store/view";
import type { Happening } from "./bridgeSessions";

/** Events that the room tells just so. */
const SAME = [
  "join",
  "waiting",
  "ended",
  "newPeer",
  "peerClosed",
  "viewersChanged",
  "switchOnCamera",
  "switchOffCamera",
  "errorGetCamera",
  "switchOnMic",
  "switchOffMic",
  "errorGetMic",
  "switchOnShare",
  "switchOffShare",
  "errorGetShare",
  "interpretationLanguages",
  "connectionFailed",
  "disconnected",
  "connectionClosed",
] as const satisfies readonly (EventName & keyof RoomEvents)[];

/** Calls `tell` for everything that happens from now on. */
export function watch(meeting: Meeting, view: View, tell: (happening: Happening) => void): void {
  watchMeeting(meeting, tell);
  watchView(view, tell);
}

/**
 * What still holds: the page is there; somebody can join for the first time, waits, has joined, or it is over. Only a
 * page that nobody has joined from yet is ready to join: pages answer that by joining, and whoever has left shall not
 * be brought back by that. Whoever is in can choose a language.
 */
export function standing({ phase, me, closed, interpretation }: MeetingState): Happening[] {
  const person = { peerId: me.peerId, displayName: me.displayName };
  const ready: Happening = { name: "ready", data: {} };
  switch (phase) {
    case "welcome":
      return [ready, { name: "readyToJoin", data: {} }];
    case "joining":
      return [ready];
    case "waiting":
      return [ready, { name: "waiting", data: person }];
    case "joined":
    case "reconnecting":
      return [ready, { name: "join", data: person }, ...languages(interpretation.languages)];
    case "left":
      return [ready, { name: "ended", data: LEFT }];
    case "closed":
      return [ready, { name: "ended", data: closed === null ? LEFT : endedBy(closed) }];
  }
}

function languages(channels: readonly { tag: string; name: string }[]): Happening[] {
  const told = channels.map(({ tag, name }) => ({ code: tag, name }));
  return told.length === 0 ? [] : [{ name: "interpretationLanguages", data: { languages: told } }];
}

function watchMeeting({ events }: Meeting, tell: (happening: Happening) => void): void {
  // The tutorial's slip comes first, as ever.
  events.on("errorGetCamera", (data) => tell({ name: "nerrorGetCamera", data }));
  for (const name of SAME) {
    events.on(name, (data) => tell({ name, data } as Happening));
  }
  events.on("interpretationLanguage", ({ code, reason }) =>
    tell({ name: "interpretationLanguage", data: { code, reason } }),
  );
  events.on("connectionError", ({ peerId, message }) =>
    tell({ name: "connectionError", data: { peerId, message } }),
  );
}

function watchView({ events }: View, tell: (happening: Happening) => void): void {
  events.on("pinOn", ({ peerId }) => tell({ name: "switchOnPin", data: { peerId } }));
  events.on("pinOff", () => tell({ name: "switchOffPin", data: {} }));
  events.on("pinError", ({ peerId }) => tell({ name: "errorGetPin", data: { peerId } }));
  events.on("playingAudioPrevent", () => tell({ name: "playingAudioPrevent", data: {} }));
}
