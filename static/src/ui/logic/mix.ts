// Who is heard how loud: the original, and the interpreters of the language that was chosen. Pure.

import { interpretersOf, isFloor, isInterpreter, isLive } from "meet-client/room/interpretation";
import type { MeetingState, RemoteTrack } from "../../store/types";

/**
 * When nobody interprets any more, the original gets loud after this time, as in the booths of conference halls (ISO
 * 20109). Shorter pauses are those between two interpreters who take turns.
 */
export const FLOOR_BACK_AFTER_MS = 2_000;

type Heard = Pick<MeetingState, "me" | "peers" | "interpretation">;

/** Whether an interpreter of the language that was chosen is live, and is received. */
export function isInterpreted(state: Heard): boolean {
  const { listening } = state.me;
  return (
    listening !== "" &&
    interpretersOf(state, listening).some((peer) => isLive(peer) && peer.tracks.mic?.stream)
  );
}

/**
 * How loud a track is to be, from 0 to 1. The original is as loud as `floorVolume` (0 to 100) says while somebody
 * interprets (`covered`); who wants none of it (0) has none in the pauses either. An interpreter hears the original or
 * another language, not both; others who interpret into their language are there for their level only.
 */
export function gainOf(
  { language }: Pick<RemoteTrack, "language">,
  { listening, role }: MeetingState["me"],
  covered: boolean,
  floorVolume: number,
): number {
  if (!isFloor({ language })) return language === listening ? 1 : 0;
  if (listening === "") return 1;
  if (isInterpreter({ role })) return covered ? 0 : 1;
  return covered || floorVolume === 0 ? floorVolume / 100 : 1;
}
