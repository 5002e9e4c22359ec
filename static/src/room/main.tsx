// The room's page: from what the server put into it to a meeting on the screen.

import { render } from "preact";
import type { Boot } from "../store/boot";
import { createMeeting } from "../store/meeting";
import { App } from "../ui/App";
import "../ui/styles/index.css";

const data = document.getElementById("boot");
const root = document.getElementById("app");
if (!data || !root) throw new Error("The page lacks its boot data or its root element.");

const boot = JSON.parse(data.textContent ?? "") as Boot;
root.replaceChildren();
render(<App meeting={createMeeting(boot)} options={boot} />, root);
