// Shows any screen without a server, for `static/dev/index.html?phase=joined&others=4&screens=1&theme=dark`. Every
// option of `FakeOptions` and of `ViewState` is a parameter; a flag needs no value.

import { render } from "preact";
import { setLocale } from "../../src/i18n/room";
import type { LocalSource, MeetingState } from "../../src/store/types";
import type { Panel } from "../../src/store/view";
import { App } from "../../src/ui/App";
import "../../src/ui/styles/index.css";
import { fakeMeeting, say } from "./fakeMeeting";
import { fakeView } from "./fakeView";

const query = new URLSearchParams(location.search);
const number = (name: string) => Number(query.get(name) ?? 0);
const theme = query.get("theme");
if (theme) document.documentElement.dataset.theme = theme;

const root = document.getElementById("app");
if (root) {
  const meeting = fakeMeeting({
    phase: (query.get("phase") ?? "welcome") as MeetingState["phase"],
    interface: query.has("webinar") ? "webinar" : "call",
    others: number("others"),
    screens: number("screens"),
    ownScreen: query.has("ownScreen"),
    closedCode: query.get("code") ?? "connectionLost",
    nameFixed: query.has("nameFixed"),
    mediaError: query.get("error") as LocalSource["error"],
    cameraOff: query.has("cameraOff"),
    notices: number("notices"),
    states: query.has("states"),
    viewer: query.has("viewer"),
    viewers: number("viewers"),
    moderator: query.has("moderator"),
    waiting: number("waiting"),
    viewerHands: number("viewerHands"),
    kicked: number("kicked"),
    asked: query.get("asked") ?? "",
    forbidden: query.get("forbidden") ?? "",
    locked: query.has("locked"),
    contact: query.get("contact") ?? "",
    brand: query.get("brand") ?? "",
    chat: number("chat"),
    hand: query.has("hand"),
    noChat: query.has("noChat"),
    recorded: query.has("recorded"),
    videoUrl: query.get("video") ?? "",
    languages: query.get("languages") ?? "",
    listening: query.get("listening") ?? "",
    interpreter: query.get("interpreter") ?? "",
    interpreterProblem: (query.get("problem") ?? "") as MeetingState["me"]["interpreterProblem"],
    handover: query.get("handover") ?? "",
    micOff: query.has("micOff"),
    speaker: query.get("speaker"),
  });
  const view = fakeView({
    panel: query.get("panel") as Panel | null,
    pinned: query.get("pinned"),
    unread: number("unread"),
    controlsVisible: !query.has("noControls"),
    indicatorsHidden: query.has("noIndicators"),
    soundBlocked: query.has("soundBlocked"),
    minimizeTiles: query.has("minimize"),
    sortPeers: query.has("sort"),
  });
  Object.assign(window, { meeting, view, say: (text: string) => say(meeting, text), setLocale });
  await setLocale(query.get("lang") ?? "en");
  render(<App meeting={meeting} view={view} options={{ joinWhen: null }} />, root);
}
