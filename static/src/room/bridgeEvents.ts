// Every event of the Client API: what has to happen in this page for it. Source: the tutorial's "Events from an iframe".

import { effect } from "@preact/signals";
import type { DeviceTrouble, EventName, Events, Person } from "../bridge/api";
import type { Source } from "../signal/types";
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
  watchDoor(meeting, tell);
}

/** What still holds: the page is there; one can join, or has joined. */
export function standing({ phase, me }: MeetingState): Happening[] {
  const found: Happening[] = [{ name: "ready", data: {} }];
  if (canJoin(phase)) found.push({ name: "readyToJoin", data: {} });
  if (phase === "joined" || phase === "reconnecting") {
    found.push({ name: "join", data: { peerId: me.peerId, displayName: me.displayName } });
  }
  return found;
}

function canJoin(phase: MeetingState["phase"]): boolean {
  return phase === "welcome" || phase === "left" || phase === "closed";
}

function watchMeeting({ events }: Meeting, tell: (happening: Happening) => void): void {
  const on = <E extends keyof MeetingEvents>(name: E, handler: (data: MeetingEvents[E]) => void) =>
    events.on(name, handler);

  on("joined", ({ peerId, displayName }) => tell({ name: "join", data: { peerId, displayName } }));
  on("peerJoined", ({ peerId, displayName }) => tell({ name: "newPeer", data: { peerId, displayName } }));
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

/** After the meeting one can join again. */
function watchDoor(meeting: Meeting, tell: (happening: Happening) => void): void {
  let open = canJoin(meeting.state.peek().phase);
  effect(() => {
    const now = canJoin(meeting.state.value.phase);
    if (now && !open) tell({ name: "readyToJoin", data: {} });
    open = now;
  });
}
