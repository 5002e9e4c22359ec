// What has happened between two states of the meeting, for those who react to changes. Pure.

import { SOURCES, type Source } from "../signal/shapes";
import type { Emitter } from "./emitter";
import type { MeetingEvents, MeetingState, Peer } from "./types";

/** One event with its data. */
export type Happening = {
  [E in keyof MeetingEvents]: { name: E; data: MeetingEvents[E] };
}[keyof MeetingEvents];

/**
 * The events that tell a change of state. Who is there already when I come in, and what they send, is no event; what
 * happened while my connection was lost is. Somebody who leaves takes their sources along without further events.
 * Languages that can be chosen are told also when I come in: whoever offers the choice has to know them.
 */
export function happenings(before: MeetingState, after: MeetingState): Happening[] {
  return [
    ...entry(before, after),
    ...mySources(before, after),
    ...others(before, after),
    ...viewers(before, after),
    ...languages(before, after),
  ];
}

/** Fire an event whose name is known only now. */
export function emit(emitter: Emitter<MeetingEvents>, { name, data }: Happening): void {
  emitter.emit(name, data as never);
}

/** Whether I am in the room, be it with a connection that is being repaired. */
export function isInside({ phase }: Pick<MeetingState, "phase">): boolean {
  return phase === "joined" || phase === "reconnecting";
}

function entry(before: MeetingState, after: MeetingState): Happening[] {
  const name = after.phase === "waiting" ? "waiting" : after.phase === "joined" ? "joined" : null;
  if (name === null || before.phase === after.phase) {
    return [];
  }
  const { peerId, displayName } = after.me;
  return [{ name, data: { peerId, displayName } }];
}

function mySources(before: MeetingState, after: MeetingState): Happening[] {
  if (before.local === after.local) {
    return [];
  }
  const { peerId, displayName } = after.me;
  return SOURCES.flatMap((source): Happening[] => {
    const was = before.local[source];
    const is = after.local[source];
    const found = switched({ peerId, displayName }, source, was.status === "on", is.status === "on");
    if (is.error !== null && is.error !== was.error) {
      found.push({ name: "sourceError", data: { peerId, displayName, source, error: is.error } });
    }
    return found;
  });
}

function others(before: MeetingState, after: MeetingState): Happening[] {
  if (before.peers === after.peers || !isInside(before) || !isInside(after)) {
    return [];
  }
  const known = new Map(before.peers.map((peer) => [peer.id, peer]));
  const found: Happening[] = [];
  for (const peer of after.peers) {
    const previous = known.get(peer.id);
    known.delete(peer.id);
    if (previous === undefined) {
      found.push({ name: "peerJoined", data: person(peer) });
    }
    if (previous !== peer) {
      for (const source of SOURCES) {
        found.push(...switched(person(peer), source, sends(previous, source), sends(peer, source)));
      }
    }
  }
  const gone = [...known.values()].map((peer): Happening => ({ name: "peerLeft", data: person(peer) }));
  return [...gone, ...found];
}

function viewers(before: MeetingState, after: MeetingState): Happening[] {
  const same = before.viewers === after.viewers || !isInside(before) || !isInside(after);
  return same ? [] : [{ name: "viewersChanged", data: { count: after.viewers } }];
}

function languages(before: MeetingState, after: MeetingState): Happening[] {
  if (before.interpretation === after.interpretation || !isInside(after)) {
    return [];
  }
  const was = before.interpretation.languages.map(({ tag }) => tag);
  const is = after.interpretation.languages.map(({ tag, name }) => ({ tag, name }));
  const same = was.length === is.length && is.every(({ tag }, index) => tag === was[index]);
  return same ? [] : [{ name: "languagesChanged", data: { languages: is } }];
}

function person({ id, displayName }: Peer): { peerId: string; displayName: string } {
  return { peerId: id, displayName };
}

function sends(peer: Peer | undefined, source: Source): boolean {
  return peer?.tracks[source]?.paused === false;
}

function switched(
  who: { peerId: string; displayName: string },
  source: Source,
  was: boolean,
  is: boolean,
): Happening[] {
  return was === is ? [] : [{ name: is ? "sourceOn" : "sourceOff", data: { ...who, source } }];
}
