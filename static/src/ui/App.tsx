import type { Boot } from "../store/boot";
import type { Meeting } from "../store/types";
import { MeetingContext } from "./context";
import { Closed } from "./ends/Closed";
import { Joining } from "./ends/Joining";
import { Left } from "./ends/Left";
import { Room } from "./room/Room";
import { Toasts } from "./Toasts";
import { Welcome } from "./welcome/Welcome";

/** What the page was opened with that concerns only its looks. */
export type AppOptions = Pick<Boot, "nameScreenDisabled">;

interface Props {
  meeting: Meeting;
  options: AppOptions;
}

/** The whole page: one screen for each phase of the meeting, and the toasts over it. */
export function App({ meeting, options }: Props) {
  return (
    <MeetingContext.Provider value={meeting}>
      <Screen meeting={meeting} options={options} />
      <Toasts />
    </MeetingContext.Provider>
  );
}

function Screen({ meeting, options }: Props) {
  const { phase } = meeting.state.value;
  switch (phase) {
    case "welcome":
      return options.nameScreenDisabled ? <Joining joinAtOnce /> : <Welcome />;
    case "joining":
      return <Joining />;
    case "joined":
    case "reconnecting":
      return <Room />;
    case "left":
      return <Left />;
    case "closed":
      return <Closed />;
  }
}
