// What has happened between two states of the room, for those who react to changes. Pure.

import { type Notification, SOURCES, type Source } from "../signal/shapes.js";
import type { Emitter } from "./emitter.js";
import type { Person, RoomEvents } from "./events.js";
import type { Peer, RoomState } from "./state.js";

/** One event with its data. */
export type Happening = {
  [E in keyof RoomEvents]: { name: E; data: RoomEvents[E] };
}[keyof RoomEvents];

/** The sound of a shared screen comes and goes with it and has no events of its own. */
const NAMES = {
  mic: { on: "switchOnMic", off: "switchOffMic", failed: "errorGetMic" },
  camera: { on: "switchOnCamera", off: "switchOffCamera", failed: "errorGetCamera" },
  screen: { on: "switchOnShare", off: "switchOffShare", failed: "errorGetShare" },
  screenAudio: null,
} as const satisfies Record<Source, Record<"on" | "off" | "failed", keyof RoomEvents> | null>;

/**
 * The events that tell a change of state. Who is there already when I come in, and what they send, is no event; what
 * happened while my connection was lost is. Somebody who leaves takes their sources along without further events.
 * Languages that can be chosen are told also when I come in: whoever offers the choice has to know them.
 */
export function happenings(before: RoomState, after: RoomState): Happening[] {
  return [
    ...entry(before, after),
    ...mySources(before, after),
    ...others(before, after),
    ...viewers(before, after),
    ...languages(before, after),
  ];
}

/** The event that a notification is in itself, whatever it changes; null for one that only changes the state. */
export function happeningOf({ event, data }: Notification): Happening | null {
  switch (event) {
    case "chatAdded":
      return { name: "chat", data: data.message };
    case "handChanged": {
      const { peerId, displayName, raisedAt } = data;
      return { name: event, data: { peerId, displayName, raised: raisedAt !== null } };
    }
    case "viewerJoined":
      return { name: "newPeer", data: { ...data, viewer: true } };
    case "viewerLeft":
      return { name: "peerClosed", data: { ...data, viewer: true } };
    case "peerRenamed":
      return { name: event, data };
    case "askedToTurnOn":
      return { name: event, data };
    case "recordingFailed":
      return { name: event, data };
    case "recordingResumed":
      return { name: event, data: {} };
    default:
      return null;
  }
}

/** Fire an event whose name is known only now. */
export function emit(emitter: Emitter<RoomEvents>, { name, data }: Happening): void {
  emitter.emit(name, data as never);
}

/** Whether I am in the room, be it with a connection that is being repaired. */
export function isInside({ phase }: Pick<RoomState, "phase">): boolean {
  return phase === "joined" || phase === "reconnecting";
}

function entry(before: RoomState, after: RoomState): Happening[] {
  const name = after.phase === "waiting" ? "waiting" : after.phase === "joined" ? "join" : null;
  if (name === null || before.phase === after.phase) {
    return [];
  }
  const { peerId, displayName } = after.me;
  return [{ name, data: { peerId, displayName } }];
}

function mySources(before: RoomState, after: RoomState): Happening[] {
  if (before.local === after.local) {
    return [];
  }
  const { peerId, displayName } = after.me;
  return SOURCES.flatMap((source): Happening[] => {
    const was = before.local[source];
    const is = after.local[source];
    const found = switched({ peerId, displayName }, source, was.status === "on", is.status === "on");
    const failed = NAMES[source]?.failed;
    if (failed !== undefined && is.error !== null && is.error !== was.error) {
      found.push({ name: failed, data: { peerId, displayName, error: is.error } });
    }
    return found;
  });
}

function others(before: RoomState, after: RoomState): Happening[] {
  if (before.peers === after.peers || !isInside(before) || !isInside(after)) {
    return [];
  }
  const known = new Map(before.peers.map((peer) => [peer.id, peer]));
  const found: Happening[] = [];
  for (const peer of after.peers) {
    const previous = known.get(peer.id);
    known.delete(peer.id);
    if (previous === undefined) {
      found.push({ name: "newPeer", data: person(peer) });
    }
    if (previous !== peer) {
      for (const source of SOURCES) {
        found.push(...switched(person(peer), source, sends(previous, source), sends(peer, source)));
      }
    }
  }
  const gone = [...known.values()].map((peer): Happening => ({ name: "peerClosed", data: person(peer) }));
  return [...gone, ...found];
}

function viewers(before: RoomState, after: RoomState): Happening[] {
  const same = before.viewers === after.viewers || !isInside(before) || !isInside(after);
  return same ? [] : [{ name: "viewersChanged", data: { count: after.viewers } }];
}

function languages(before: RoomState, after: RoomState): Happening[] {
  if (before.interpretation === after.interpretation || !isInside(after)) {
    return [];
  }
  const was = before.interpretation.languages.map(({ tag }) => tag);
  const is = after.interpretation.languages.map(({ tag, name }) => ({ code: tag, name }));
  const same = was.length === is.length && is.every(({ code }, index) => code === was[index]);
  return same ? [] : [{ name: "interpretationLanguages", data: { languages: is } }];
}

function person({ id, displayName }: Peer): Person {
  return { peerId: id, displayName };
}

function sends(peer: Peer | undefined, source: Source): boolean {
  return peer?.tracks[source]?.paused === false;
}

function switched(who: Person, source: Source, was: boolean, is: boolean): Happening[] {
  const names = NAMES[source];
  return was === is || names === null ? [] : [{ name: is ? names.on : names.off, data: who }];
}
