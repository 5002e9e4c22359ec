// The admin's pages of live rooms.

import { render } from "preact";
import "./live.css";
import { RoomPage } from "./RoomPage";
import { RoomsPage } from "./RoomsPage";
import type { Boot, RoomState, RoomsState } from "./types";
import { watch } from "./watch";

const place = document.getElementById("live") as HTMLElement;
const boot = JSON.parse(document.getElementById("live-boot")?.textContent ?? "") as Boot;
const token = place.dataset.token ?? "";

place.replaceChildren();
if ("room" in boot) {
  render(<RoomPage boot={boot} token={token} watched={watch<RoomState>(boot.state)} />, place);
} else {
  render(<RoomsPage watched={watch<RoomsState>(boot.state)} accounts={boot.accounts} />, place);
}
