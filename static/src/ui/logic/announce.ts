// What a screen reader says when people come and go, raise hands and write. Pure.

import type { ChatMessage } from "meet-client/signal/shapes";
import type { Peer } from "../../store/types";

export type Announcement =
  | {
      key: "announce.joined" | "announce.left" | "announce.sharing" | "announce.hand" | "door.one";
      values: { name: string };
    }
  | { key: "announce.message"; values: { name: string; text: string } }
  | {
      key:
        | "announce.manyJoined"
        | "announce.manyLeft"
        | "announce.manyHands"
        | "announce.messages"
        | "door.many";
      values: { count: number };
    };

type Someone = Pick<Peer, "id" | "displayName" | "tracks" | "handRaisedAt">;

type Named = { peerId: string; displayName: string };

const NAMED_AT_MOST = 2;

/** Where hundreds come, something new is said so often at most, in words for all that has happened meanwhile. */
export const PAUSE_MS = 4_000;

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
    ...inWords(
      after.filter((peer) => peer.handRaisedAt !== null && !known.get(peer.id)?.handRaisedAt),
      "announce.hand",
      "announce.manyHands",
    ),
  ];
}

/** Of a moderator's lists, who is new: at the door, and with a hand up among the viewers. */
export function announceNew(
  key: "door.one" | "announce.hand",
  before: readonly Named[],
  after: readonly Named[],
): Announcement[] {
  const known = new Set(before.map((each) => each.peerId));
  return inWords(
    after.filter((each) => !known.has(each.peerId)),
    key,
    key === "door.one" ? "door.many" : "announce.manyHands",
  );
}

/** What others wrote since message number `since`: the last two, and how many they are where there are more. */
export function announceChat(messages: readonly ChatMessage[], since: number, myId: string): Announcement[] {
  const written = messages.filter((message) => message.id > since && message.peerId !== myId);
  const count = written.length;
  return [
    ...(count > NAMED_AT_MOST ? [{ key: "announce.messages" as const, values: { count } }] : []),
    ...written.slice(-NAMED_AT_MOST).map(({ displayName, text }) => ({
      key: "announce.message" as const,
      values: { name: displayName, text },
    })),
  ];
}

function inWords(
  people: readonly Pick<Named, "displayName">[],
  one: "announce.joined" | "announce.left" | "announce.hand" | "door.one",
  many: "announce.manyJoined" | "announce.manyLeft" | "announce.manyHands" | "door.many",
): Announcement[] {
  if (people.length > NAMED_AT_MOST) return [{ key: many, values: { count: people.length } }];
  return people.map((person) => ({ key: one, values: { name: person.displayName } }));
}
