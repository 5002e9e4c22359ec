// The page with one recording: the player, or why there is nothing to watch.

import { render } from "preact";
import { player } from "../../i18n/player";
import { Message } from "./Message";
import { Player } from "./Player";
import "../../ui/styles/pages.css";
import "./player.css";
import type { PlayerBoot } from "../../wire/player";
import { localTimes } from "./time";

const boot = JSON.parse(document.getElementById("player-boot")?.textContent ?? "") as PlayerBoot;
const place = document.getElementById("player") as HTMLElement;
const texts = await player.begin(boot.language ? [boot.language] : navigator.languages);

document.documentElement.lang = texts.language;
for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
  element.textContent = texts.t(`page.${element.dataset.text as "all" | "before" | "after" | "download"}`);
}
localTimes(document, texts.language);
place.replaceChildren();
if (boot.code === "ready") render(<Player told={boot} embedded={boot.embedded} texts={texts} />, place);
else render(<Message boot={boot} texts={texts} />, place);
