// The admin's pages of live rooms.

import { render } from "preact";
import "./live.css";
import type { LiveBoot, RoomState, RoomsState } from "../../wire/live";
import { RoomPage } from "./RoomPage";
import { RoomsPage } from "./RoomsPage";
import { watch } from "./watch";

const place = document.getElementById("live") as HTMLElement;
const boot = JSON.parse(document.getElementById("live-boot")?.textContent ?? "") as LiveBoot;
const token = place.dataset.token ?? "";

place.replaceChildren();
if ("room" in boot) {
  render(<RoomPage boot={boot} token={token} watched={watch<RoomState>(boot.stateUrl)} />, place);
} else {
  render(<RoomsPage watched={watch<RoomsState>(boot.stateUrl)} accounts={boot.accounts} />, place);
}
