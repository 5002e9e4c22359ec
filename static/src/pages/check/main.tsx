// The page of a check: devices and network, before a meeting. A page around it hears the result through the bridge.

import { DeviceAccess } from "meet-client/rtc/devices";
import { render } from "preact";
import type { CheckResult } from "../../bridge/api";
import { check } from "../../i18n/check";
import { attachSessions } from "../../room/bridgePage";
import { Refused } from "../../room/refused";
import { LevelMeter } from "../../sound/level";
import { browserEnvironment } from "../../store/environment";
import { wayBack } from "../../ui/logic/wayToCheck";
import type { CheckBoot } from "../../wire/check";
import { CheckPage } from "./CheckPage";
import { Link } from "./loopback";
import { makeNoise } from "./noise";
import { CheckRun } from "./run";
import { playSound } from "./sound";
import "../../ui/styles/pages.css";
import "./check.css";

const boot = JSON.parse(document.getElementById("check-boot")?.textContent ?? "") as CheckBoot;
const place = document.getElementById("check") as HTMLElement;
const texts = await check.begin([boot.language]);
document.documentElement.lang = texts.language;
place.replaceChildren();

/** A sandbox without allow-same-origin takes our origin from us: the server and the storage would both be strange. */
if (window.origin === "null") {
  const words = document.createElement("p");
  words.textContent = texts.t("page.sandboxed");
  place.append(words);
} else {
  openCheck();
}

function openCheck(): void {
  const { clock, openSocket, fetch, loadDevice, newStream } = browserEnvironment();
  const meter = new LevelMeter();
  let context: AudioContext | null = null;
  let last: CheckResult | null = null;
  const level = (stream: MediaStream) => meter.level(stream);
  const run = new CheckRun(
    {
      clock,
      devices: new DeviceAccess(
        navigator.mediaDevices as MediaDevices | undefined,
        () => window.localStorage,
      ),
      newStream,
      level,
      playSound: () => {
        context ??= new AudioContext();
        return playSound(context);
      },
      openLink: async () => {
        const noise = makeNoise(document);
        try {
          const environment = { clock, openSocket, fetch, loadDevice };
          const link = await Link.open(boot.ticketUrl, boot.roomId, noise.track, environment);
          return { link, stop: noise.stop };
        } catch (error) {
          noise.stop();
          throw error;
        }
      },
    },
    (result) => {
      last = result;
      sessions?.tell({ name: "checkResult", data: result });
    },
  );
  const sessions = attachSessions(
    {
      perform: () =>
        Promise.reject(new Refused("notJoined", "This page checks devices and network; it is no meeting.")),
      standing: () => [
        { name: "ready", data: {} },
        ...(last === null ? [] : [{ name: "checkResult" as const, data: last }]),
      ],
    },
    boot.roomId,
  );
  window.addEventListener("pagehide", () => run.close());
  const back = wayBack(() => window.sessionStorage);
  render(<CheckPage run={run} boot={boot} texts={texts} back={back} level={level} />, place);
}
