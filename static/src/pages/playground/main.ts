// The playground: a form for a room's link, the room in an iframe, its methods and its events. It uses the library at
// /meetBridgeApi.js as any other page would.

import type { EventName } from "../../bridge/api";
import type MeetIframeBridge from "../../bridge/index";
import { Calls } from "./calls";
import { AttributeForm } from "./form";
import { hashOf, linkOf, newRoomId, snippetOf } from "./link";
import { EventLog } from "./log";
import "./playground.css";
import { wireTabs } from "./tabs";

const EVENTS: Record<EventName, true> = {
  ready: true,
  readyToJoin: true,
  waiting: true,
  join: true,
  ended: true,
  switchOnCamera: true,
  switchOffCamera: true,
  nerrorGetCamera: true,
  errorGetCamera: true,
  switchOnMic: true,
  switchOffMic: true,
  errorGetMic: true,
  switchOnShare: true,
  switchOffShare: true,
  errorGetShare: true,
  newPeer: true,
  peerClosed: true,
  viewersChanged: true,
  connectionFailed: true,
  disconnected: true,
  connectionClosed: true,
  connectionError: true,
  playingAudioPrevent: true,
  switchOnPin: true,
  switchOffPin: true,
  errorGetPin: true,
  interpretationLanguages: true,
  interpretationLanguage: true,
  checkResult: true,
};

const root = element<HTMLElement>("[data-playground]");
const frame = element<HTMLIFrameElement>("[data-room]");
const status = element<HTMLElement>("[data-status]");
const link = element<HTMLInputElement>("#room-link");
const snippet = element<HTMLElement>("#room-snippet");
const reload = element<HTMLElement>("[data-testid=reload-room]");
const log = new EventLog(element("[data-log]"), element("[data-log-empty]"));
const calls = new Calls(element("[data-methods]"), callRoom);
const form = new AttributeForm(element("[data-attributes]"), changed);
let bridge: MeetIframeBridge | null = null;

wireTabs(element("[role=tablist]"));
form.fill(location.hash, freshRoom());
for (const button of document.querySelectorAll("[data-open]")) button.addEventListener("click", open);
element("[data-close]").addEventListener("click", close);
element("[data-reset]").addEventListener("click", () => form.fill("", freshRoom()));
element("[data-log-clear]").addEventListener("click", () => log.clear());
element<HTMLInputElement>("[data-log-filter]").addEventListener("input", ({ target }) => {
  log.filter((target as HTMLInputElement).value);
});
window.addEventListener("hashchange", () => {
  if (location.hash.slice(1) !== hashOf(form.choices())) form.fill(location.hash, freshRoom());
});

function changed(): void {
  const choices = form.choices();
  const base = new URL(root.dataset[choices.interface] ?? "", location.href).href;
  link.value = linkOf(base, choices);
  const library = new URL("/meetBridgeApi.js", location.href).href;
  snippet.textContent = snippetOf(link.value, library, choices.values.roomId ?? "");
  history.replaceState(null, "", `#${hashOf(choices)}`);
  reload.toggleAttribute("data-changed", frame.src !== "" && frame.src !== link.value);
}

function open(): void {
  show(true);
  status.textContent = "Connecting…";
  status.dataset.state = "waiting";
  frame.src = link.value;
  reload.removeAttribute("data-changed");
  bridge?.destroy();
  bridge = connect(); // for the room that the link names now
}

function close(): void {
  bridge?.destroy();
  bridge = null;
  frame.removeAttribute("src");
  show(false);
  changed();
}

function show(opened: boolean): void {
  element("[data-placeholder]").hidden = opened;
  frame.hidden = !opened;
  element("[data-room-bar]").hidden = !opened;
}

function connect(): MeetIframeBridge {
  const made = new window.MeetIframeBridge.default({
    element: frame,
    roomId: form.choices().values.roomId ?? "",
  });
  for (const name of Object.keys(EVENTS) as EventName[]) {
    made.on(name, (data) => {
      log.add(name, data, new Date());
      tellStatus(name);
      const { peerId, displayName } = data as { peerId?: string; displayName?: string };
      if (peerId !== undefined && displayName !== undefined) calls.met(peerId, displayName);
    });
  }
  return made;
}

function tellStatus(name: EventName): void {
  const waits = new URL(frame.src).searchParams.get("nameScreenDisabled") === "true";
  const texts: Partial<Record<EventName, string>> = {
    ready: "Connected",
    readyToJoin: waits ? "Waits for you to call join" : "Connected",
    waiting: "Waits at the door",
    join: "In the room",
    ended: "Over",
    disconnected: "Connection lost",
  };
  const text = texts[name];
  if (text === undefined) return;
  status.textContent = text;
  status.dataset.state = "connected";
}

function callRoom(name: string, data: unknown): Promise<unknown> {
  if (bridge === null) return Promise.reject(new Error("Open the room first."));
  return bridge.method({ name, data } as Parameters<MeetIframeBridge["method"]>[0]);
}

function freshRoom(): string {
  return newRoomId(crypto.getRandomValues(new Uint8Array(12)));
}

function element<E extends HTMLElement>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`The page lacks ${selector}.`);
  return found;
}
