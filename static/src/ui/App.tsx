import { isInterpreter } from "meet-client/room/interpretation";
import type { Meeting } from "../store/types";
import type { View } from "../store/view";
import { MeetingContext, ViewContext } from "./context";
import { Closed } from "./ends/Closed";
import { Joining } from "./ends/Joining";
import { Left } from "./ends/Left";
import { Waiting } from "./ends/Waiting";
import { useVisibleArea } from "./hooks/useVisibleArea";
import { Booth } from "./interpreter/Booth";
import { Room } from "./room/Room";
import { Toasts } from "./Toasts";
import { Welcome } from "./welcome/Welcome";
import { WelcomeViewer } from "./welcome/WelcomeViewer";

/** What the page was opened with that concerns only its looks. */
export interface AppOptions {
  /** No welcome screen: the page joins by itself when this resolves. Null for the welcome screen. */
  joinWhen: Promise<void> | null;
}

interface Props {
  meeting: Meeting;
  view: View;
  options: AppOptions;
}

/** The whole page: one screen for each phase of the meeting, and the toasts over it. */
export function App({ meeting, view, options }: Props) {
  useVisibleArea();
  return (
    <MeetingContext.Provider value={meeting}>
      <ViewContext.Provider value={view}>
        <Screen meeting={meeting} options={options} />
        <Toasts />
      </ViewContext.Provider>
    </MeetingContext.Provider>
  );
}

function Screen({ meeting, options }: Omit<Props, "view">) {
  const { phase, me } = meeting.state.value;
  switch (phase) {
    case "welcome":
      if (options.joinWhen) return <Joining joinWhen={options.joinWhen} />;
      return me.viewer ? <WelcomeViewer /> : <Welcome />;
    case "joining":
      return <Joining />;
    case "waiting":
      return <Waiting />;
    case "joined":
    case "reconnecting":
      return isInterpreter(me) ? <Booth /> : <Room />;
    case "left":
      return <Left />;
    case "closed":
      return <Closed />;
  }
}
