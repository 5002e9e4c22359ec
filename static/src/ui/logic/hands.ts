// Raised hands: who asked first. Pure.

import type { MeetingState } from "../../store/types";

type Hands = Pick<MeetingState, "me" | "peers" | "viewerHands">;

/** Each raised hand's place in the line, from 1, by peer id. Of viewers' hands only moderators know. */
export function handOrder({ me, peers, viewerHands }: Hands): Map<string, number> {
  const raised = new Map<string, number>();
  for (const peer of peers) if (peer.handRaisedAt !== null) raised.set(peer.id, peer.handRaisedAt);
  for (const hand of viewerHands) raised.set(hand.peerId, hand.raisedAt);
  if (me.handRaisedAt !== null) raised.set(me.peerId, me.handRaisedAt);
  const line = [...raised].sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1));
  return new Map(line.map(([id], index) => [id, index + 1]));
}
