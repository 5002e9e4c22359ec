import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Meeting } from "../store/types";
import type { View } from "../store/view";

export const MeetingContext = createContext<Meeting | null>(null);
export const ViewContext = createContext<View | null>(null);

/** The meeting that this page is about. */
export function useMeeting(): Meeting {
  const meeting = useContext(MeetingContext);
  if (!meeting) throw new Error("There is no meeting above this component.");
  return meeting;
}

/** How this page shows it. */
export function useView(): View {
  const view = useContext(ViewContext);
  if (!view) throw new Error("There is no view above this component.");
  return view;
}
