// Every event of the Client API: what has to happen in this page for it. Source: the tutorial's "Events from an iframe".

import type { DeviceTrouble, EventName, Events, Person } from "../bridge/api";
import type { Source } from "../signal/shapes";
import { endedBy, LEFT } from "../store/endings";
import type { Meeting, MeetingEvents, MeetingState } from "../store/types";
import type { View } from "../store/view";
import type { Happening } from "./bridgeSessions";

/** Events about one person, without more data; and those that tell what is the matter with a device. */
type PersonEvent = Named<Person>;
type TroubleEvent = Named<Person & { error: DeviceTrouble }>;
type Named<D> = {
  [E in EventName]: Events[E] extends D ? (D extends Events[E] ? E : never) : never;
}[EventName];

interface Names {
  on: PersonEvent;
  off: PersonEvent;
  trouble: readonly TroubleEvent[];
}

/** The sound of a shared screen comes and goes with it and has no events of its own. */
const NAMES: Record<Source, Names | null> = {
  camera: { on: "switchOnCamera", off: "switchOffCamera", trouble: ["nerrorGetCamera", "errorGetCamera"] },
  mic: { on: "switchOnMic", off: "switchOffMic", trouble: ["errorGetMic"] },
  screen: { on: "switchOnShare", off: "switchOffShare", trouble: ["errorGetShare"] },
  screenAudio: null,
};

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
  const on = <E extends keyof MeetingEvents>(name: E, handler: (data: MeetingEvents[E]) => void) =>
    events.on(name, handler);

  on("joined", ({ peerId, displayName }) => tell({ name: "join", data: { peerId, displayName } }));
  on("waiting", ({ peerId, displayName }) => tell({ name: "waiting", data: { peerId, displayName } }));
  on("ended", (ending) => tell({ name: "ended", data: ending }));
  on("peerJoined", ({ peerId, displayName }) => tell({ name: "newPeer", data: { peerId, displayName } }));
  on("viewerJoined", ({ peerId, displayName }) =>
    tell({ name: "newPeer", data: { peerId, displayName, viewer: true } }),
  );
  on("viewerLeft", ({ peerId, displayName }) =>
    tell({ name: "peerClosed", data: { peerId, displayName, viewer: true } }),
  );
  on("viewersChanged", ({ count }) => tell({ name: "viewersChanged", data: { count } }));
  on("peerLeft", ({ peerId, displayName }) => tell({ name: "peerClosed", data: { peerId, displayName } }));
  on("sourceOn", ({ peerId, displayName, source }) => {
    const name = NAMES[source]?.on;
    if (name !== undefined) tell({ name, data: { peerId, displayName } });
  });
  on("sourceOff", ({ peerId, displayName, source }) => {
    const name = NAMES[source]?.off;
    if (name !== undefined) tell({ name, data: { peerId, displayName } });
  });
  on("sourceError", ({ peerId, displayName, source, error }) => {
    for (const name of NAMES[source]?.trouble ?? []) tell({ name, data: { peerId, displayName, error } });
  });
  on("languagesChanged", ({ languages }) =>
    tell({
      name: "interpretationLanguages",
      data: { languages: languages.map(({ tag, name }) => ({ code: tag, name })) },
    }),
  );
  on("listeningChanged", ({ language, reason }) =>
    tell({ name: "interpretationLanguage", data: { code: language, reason } }),
  );
  on("connectionFailed", () => tell({ name: "connectionFailed", data: {} }));
  on("disconnected", () => tell({ name: "disconnected", data: {} }));
  on("connectionClosed", () => tell({ name: "connectionClosed", data: {} }));
  on("error", ({ peerId, message }) => tell({ name: "connectionError", data: { peerId, message } }));
}

function watchView({ events }: View, tell: (happening: Happening) => void): void {
  events.on("pinOn", ({ peerId }) => tell({ name: "switchOnPin", data: { peerId } }));
  events.on("pinOff", () => tell({ name: "switchOffPin", data: {} }));
  events.on("pinError", ({ peerId }) => tell({ name: "errorGetPin", data: { peerId } }));
  events.on("playingAudioPrevent", () => tell({ name: "playingAudioPrevent", data: {} }));
}
