// Shows any screen without a server, for `static/dev/index.html?phase=joined&others=4&screens=1&theme=dark`.

import { render } from "preact";
import type { LocalSource, MeetingState } from "../../src/store/types";
import { App } from "../../src/ui/App";
import "../../src/ui/styles/index.css";
import { fakeMeeting } from "./fakeMeeting";

const query = new URLSearchParams(location.search);
const theme = query.get("theme");
if (theme) document.documentElement.dataset.theme = theme;

const root = document.getElementById("app");
if (root) {
  const meeting = fakeMeeting({
    phase: (query.get("phase") ?? "welcome") as MeetingState["phase"],
    others: Number(query.get("others") ?? 0),
    screens: Number(query.get("screens") ?? 0),
    ownScreen: query.has("ownScreen"),
    closedCode: query.get("code") ?? "connectionLost",
    nameFixed: query.has("nameFixed"),
    mediaError: query.get("error") as LocalSource["error"],
    cameraOff: query.has("cameraOff"),
    notices: Number(query.get("notices") ?? 0),
  });
  Object.assign(window, { meeting });
  render(<App meeting={meeting} options={{ nameScreenDisabled: false }} />, root);
}
