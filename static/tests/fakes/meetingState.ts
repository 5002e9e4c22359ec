import { initialState } from "meet-client/room/reducer";
import type { MeetingState } from "../../src/store/types";
import type { Boot } from "../../src/wire/boot";

/** A page that has just been opened. */
export function meetingState(boot: Boot): MeetingState {
  const { brand, contact } = boot;
  return { ...initialState(boot), brand, contact, notices: [] };
}
