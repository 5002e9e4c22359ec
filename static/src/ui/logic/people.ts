// The list of people: its order and its search. Pure.

import { isInterpreter } from "meet-client/room/interpretation";
import type { Quality, Role } from "meet-client/signal/shapes";
import { localesOf } from "../../i18n/language";
import type { MeetingState } from "../../store/types";
import { handOrder } from "./hands";

export interface Person {
  id: string;
  name: string;
  self: boolean;
  role: Role;
  hand: number | null;
  absent: boolean;
  quality: Quality;
  micOn: boolean;
  cameraOn: boolean;
}

type PeopleState = Pick<MeetingState, "me" | "peers" | "local" | "viewerHands">;

/** Everybody with a tile (interpreters have a list of their own): me, then raised hands as they went up, then the others by name. */
export function peopleOf(state: PeopleState, locale: string): Person[] {
  const { me, peers, local } = state;
  const hands = handOrder(state);
  const byName = new Intl.Collator(localesOf(locale), { sensitivity: "base", numeric: true });
  const others = peers
    .filter((peer) => !isInterpreter(peer))
    .map(
      (peer): Person => ({
        id: peer.id,
        name: peer.displayName,
        self: false,
        role: peer.role,
        hand: hands.get(peer.id) ?? null,
        absent: peer.absent,
        quality: peer.quality,
        micOn: peer.tracks.mic !== undefined && !peer.tracks.mic.paused,
        cameraOn: peer.tracks.camera !== undefined && !peer.tracks.camera.paused,
      }),
    );
  const last = Number.POSITIVE_INFINITY;
  others.sort(
    (a, b) => (a.hand ?? last) - (b.hand ?? last) || byName.compare(a.name, b.name) || (a.id < b.id ? -1 : 1),
  );
  if (me.viewer || isInterpreter(me)) return others;
  const own: Person = {
    id: me.peerId,
    name: me.displayName,
    self: true,
    role: me.role,
    hand: hands.get(me.peerId) ?? null,
    absent: false,
    quality: me.quality,
    micOn: local.mic.status === "on",
    cameraOn: local.camera.status === "on",
  };
  return [own, ...others];
}

/** Those whose name has the words in it, without regard to case and accents. */
export function search(people: readonly Person[], words: string): Person[] {
  const wanted = plain(words).trim();
  return wanted ? people.filter((person) => plain(person.name).includes(wanted)) : [...people];
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}
