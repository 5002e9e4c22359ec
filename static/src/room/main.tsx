// The room's page: from what the server put into it to a meeting on the screen.

import { render } from "preact";
import { setLocale } from "../i18n";
import type { Boot } from "../store/boot";
import { createMeeting } from "../store/meeting";
import { createView } from "../store/view";
import { App } from "../ui/App";
import { attachBridge } from "./bridge";
import "../ui/styles/index.css";

const data = document.getElementById("boot");
const root = document.getElementById("app");
if (!data || !root) throw new Error("The page lacks its boot data or its root element.");

const boot = JSON.parse(data.textContent ?? "") as Boot;

const meeting = createMeeting(boot);
const view = createView(meeting, boot);
const { alone } = attachBridge(meeting, view);
const joinWhen = boot.attributes.nameScreenDisabled ? alone : null;

// English is better than nothing, and there already.
await setLocale(boot.language).catch((error: unknown) => console.warn("The language did not load:", error));
root.replaceChildren();
render(<App meeting={meeting} view={view} options={{ joinWhen }} />, root);
