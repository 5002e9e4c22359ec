import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Meeting } from "../store/types";

export const MeetingContext = createContext<Meeting | null>(null);

/** The meeting that this page is about. */
export function useMeeting(): Meeting {
  const meeting = useContext(MeetingContext);
  if (!meeting) throw new Error("There is no meeting above this component.");
  return meeting;
}
