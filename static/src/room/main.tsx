// The room's page: from what the server put into it to a meeting on the screen.

import { render } from "preact";
import { setLocale } from "../i18n/room";
import { fragmentWarnings } from "../store/fragment";
import { createMeeting } from "../store/meeting";
import { createView } from "../store/view";
import { App } from "../ui/App";
import { Sandboxed } from "../ui/ends/Sandboxed";
import { keepDevices } from "../ui/logic/keptDevices";
import type { Boot } from "../wire/boot";
import { attachBridge } from "./bridge";
import { attachSessions } from "./bridgePage";
import "../ui/styles/index.css";

const data = document.getElementById("boot");
const root = document.getElementById("app");
if (!data || !root) throw new Error("The page lacks its boot data or its root element.");

const boot = JSON.parse(data.textContent ?? "") as Boot;

/** A sandbox without allow-same-origin takes our origin from us: the server and the storage would both be strange. */
const sandboxed = window.origin === "null";
const app = sandboxed ? null : openRoom(boot);
if (sandboxed) attachSessions({ perform: () => Promise.reject(), standing: () => [] }, "");

// English is better than nothing, and there already.
await setLocale(boot.language).catch((error: unknown) => console.warn("The language did not load:", error));
root.replaceChildren();
render(app ?? <Sandboxed />, root);

function openRoom(boot: Boot) {
  const warnings = [...boot.warnings, ...fragmentWarnings(location.hash)];
  const meeting = createMeeting({ ...boot, warnings });
  const view = createView(meeting, boot);
  const storage = () => window.sessionStorage;
  // Before the meeting itself hears of the page's end.
  window.addEventListener("pagehide", () => keepDevices(meeting.state.peek(), storage), { capture: true });
  const { alone } = attachBridge(meeting, view);
  const joinWhen = boot.attributes.nameScreenDisabled ? alone : null;
  return <App meeting={meeting} view={view} options={{ joinWhen }} />;
}
