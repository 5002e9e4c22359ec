// What a screen reader says when people come and go. Pure.

import type { Peer } from "../../store/types";

export type Announcement =
  | { key: "announce.joined" | "announce.left" | "announce.sharing"; values: { name: string } }
  | { key: "announce.manyJoined" | "announce.manyLeft"; values: { count: number } };

type Someone = Pick<Peer, "id" | "displayName" | "tracks">;

const NAMED_AT_MOST = 2;

/** The difference between two lists of peers, in few words: from three people on they are only counted. */
export function announcements(before: readonly Someone[], after: readonly Someone[]): Announcement[] {
  const known = new Map(before.map((peer) => [peer.id, peer]));
  const present = new Set(after.map((peer) => peer.id));
  const joined = after.filter((peer) => !known.has(peer.id));
  const left = before.filter((peer) => !present.has(peer.id));
  const sharing = after.filter((peer) => peer.tracks.screen && !known.get(peer.id)?.tracks.screen);
  return [
    ...inWords(joined, "announce.joined", "announce.manyJoined"),
    ...inWords(left, "announce.left", "announce.manyLeft"),
    ...sharing.map((peer) => ({ key: "announce.sharing" as const, values: { name: peer.displayName } })),
  ];
}

function inWords(
  people: readonly Someone[],
  one: "announce.joined" | "announce.left",
  many: "announce.manyJoined" | "announce.manyLeft",
): Announcement[] {
  if (people.length > NAMED_AT_MOST) return [{ key: many, values: { count: people.length } }];
  return people.map((peer) => ({ key: one, values: { name: peer.displayName } }));
}
