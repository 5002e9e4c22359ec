// Every method of the Client API: what it takes, and what it does in this page. Source: the tutorial's "Public methods
// of Real-Time Video iframe". An action resolves when the thing is done and throws `Refused` when it was not.

import { choosable } from "meet-client/room/interpretation";
import type { Switchable } from "meet-client/signal/shapes";
import type { Constraints, DeviceChoice, MethodName, Methods, Problem } from "../bridge/api";
import { isRecord } from "../bridge/messages";
import type { Device, DeviceKind, MediaError, Meeting, MeetingState, Moderator } from "../store/types";
import type { View } from "../store/view";
import type { Until } from "./bridgeWait";
import { Refused } from "./refused";

/** What the methods work on. */
export interface Room {
  meeting: Meeting;
  view: View;
  until: Until;
  /** Resolves after that time. */
  pause(ms: number): Promise<void>;
  locales(): string[];
  setLocale(name: string): Promise<void>;
  /** The name of somebody who has given none. */
  guestName(): string;
  /** What the server refuses while `action` runs, for actions that don't throw; null for nothing. */
  refusalDuring(action: () => Promise<void>): Promise<Problem | null>;
}

function refusedBy({ code, message }: Problem): Refused {
  return new Refused(code, message);
}

interface Method<M extends MethodName> {
  /** Reads the argument, or throws `Refused`. */
  read(data: unknown): Methods[M]["data"];
  run(room: Room, data: Methods[M]["data"]): Promise<Methods[M]["result"]> | Methods[M]["result"];
}

const MAX_BITRATE_BPS = 1_000_000_000;
/**
 * Whoever is in need not wait for camera and microphone any longer than this: the browser may be asking the person
 * for them, and that can take as long as they like. Events tell what comes of it.
 */
const DEVICES_LATER_MS = 3_000;

export const METHODS: { readonly [M in MethodName]: Method<M> } = {
  join: { read: joinData, run: join },
  enableMic: { read: nothing, run: (room) => turn(room, "mic", true) },
  disableMic: { read: nothing, run: (room) => turn(room, "mic", false) },
  enableWebcam: { read: nothing, run: (room) => turn(room, "camera", true) },
  disableWebcam: { read: nothing, run: (room) => turn(room, "camera", false) },
  enableShare: { read: nothing, run: (room) => share(room, true) },
  disableShare: { read: nothing, run: (room) => share(room, false) },
  changeDisplayName: { read: text("a name"), run: changeDisplayName },
  setVolume: {
    read: number("a volume from 0 to 100", 0, 100),
    run: ({ view }, volume) => done(view.setVolume(volume)),
  },
  getScreenshotByPeerId: { read: text("a peerId"), run: screenshot },
  setControlsVisible: {
    read: flag,
    run: ({ view }, visible) => done(view.setControlsVisible(visible)),
  },
  isCameraEnabled: { read: nothing, run: (room) => isOn(room, "camera") },
  isMicroEnabled: { read: nothing, run: (room) => isOn(room, "mic") },
  isShareEnabled: { read: nothing, run: (room) => isOn(room, "screen") },
  changeDevice: { read: oneDevice, run: changeDevice },
  otherCamera: { read: nothing, run: otherCamera },
  playAudio: { read: nothing, run: playAudio },
  muteAudio: { read: nothing, run: ({ view }) => done(view.setSoundMuted(true)) },
  unmuteAudio: { read: nothing, run: ({ view }) => done(view.setSoundMuted(false)) },
  setBitrate: {
    read: number("bits a second, 0 for no limit", 0, MAX_BITRATE_BPS),
    run: setBitrate,
  },
  isFullscreenEnabled: { read: nothing, run: ({ view }) => view.state.peek().fullscreen },
  enableFullscreen: { read: nothing, run: enableFullscreen },
  disableFullscreen: { read: nothing, run: disableFullscreen },
  enablePin: { read: text("a peerId"), run: enablePin },
  disablePin: { read: nothing, run: ({ view }) => done(view.unpin()) },
  setLocale: { read: text("a language's code"), run: setLocale },
  disabledTrackByModerator: {
    read: someonesTrack,
    run: (room, { userPeerId, kind }) =>
      moderate(room, (moderator) => moderator.stopTrack(userPeerId, DEVICES[kind].source)),
  },
  disableAllMics: {
    read: everybody,
    run: (room) => moderate(room, (moderator) => moderator.stopAllTracks("mic")),
  },
  disableAllCameras: {
    read: everybody,
    run: (room) => moderate(room, (moderator) => moderator.stopAllTracks("camera")),
  },
  stopVideo: { read: nothing, run: (room) => moderate(room, (moderator) => moderator.stopVideo()) },
  setInviteUrl: { read: httpsUrl, run: ({ view }, url) => done(view.setInviteUrl(url)) },
  setHideIndicators: {
    read: flag,
    run: ({ view }, hidden) => done(view.setIndicatorsHidden(hidden)),
  },
  setInterpretationLanguage: { read: languageOrOriginal, run: setInterpretationLanguage },
  getInterpretationLanguages: {
    read: nothing,
    run: ({ meeting }) => choosable(meeting.state.peek()).map(({ tag, name }) => ({ code: tag, name })),
  },
  getInterpretationLanguage: { read: nothing, run: ({ meeting }) => meeting.state.peek().me.listening },
};

/** Call a method by its name. Throws `Refused` and whatever else goes wrong. */
export async function perform(room: Room, name: string, data: unknown): Promise<unknown> {
  if (!Object.hasOwn(METHODS, name)) throw new Refused("unknownMethod", `There is no method ${name}.`);
  const method = METHODS[name as MethodName] as Method<MethodName>;
  return method.run(room, method.read(data));
}

// --- arguments ---

function invalid(wanted: string): Refused {
  return new Refused("invalidData", `\`data\` must be ${wanted}.`);
}

/** What nobody would read may have been meant to say whom it is about, or how. */
function nothing(data: unknown): undefined {
  const empty = data === undefined || data === null || (isRecord(data) && Object.keys(data).length === 0);
  if (!empty) throw invalid("left out: this method takes none");
}

function everybody(data: unknown): undefined {
  const said = isRecord(data) && data.everybody === true && Object.keys(data).length === 1;
  return said ? undefined : nothing(data);
}

/** Refuses fields that nobody reads: they may be misspelt. */
function checkFields(data: Record<string, unknown>, known: readonly string[]): void {
  const unknown = Object.keys(data).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalid(`without \`${unknown.slice(0, 64)}\`: known here is ${known.join(", ")}`);
  }
}

function flag(data: unknown): boolean {
  if (typeof data !== "boolean") throw invalid("true or false");
  return data;
}

function text(wanted: string): (data: unknown) => string {
  return (data) => {
    if (typeof data !== "string" || data.trim() === "")
      throw invalid(`${wanted}, as a text that is not empty`);
    return data.trim();
  };
}

function languageOrOriginal(data: unknown): string {
  if (typeof data !== "string") throw invalid("a language's code, or an empty text for the original");
  return data.trim();
}

function httpsUrl(data: unknown): string {
  if (typeof data === "string" && URL.canParse(data) && new URL(data).protocol === "https:") return data;
  throw invalid("an address that begins with https://");
}

function number(wanted: string, least: number, most: number): (data: unknown) => number {
  return (data) => {
    if (typeof data !== "number" || !(data >= least && data <= most)) throw invalid(`a number: ${wanted}`);
    return data;
  };
}

function joinData(data: unknown): Methods["join"]["data"] {
  if (data === undefined || data === null) return undefined;
  if (!isRecord(data)) throw invalid("like {constraints: {video: true, audio: true}}, or left out");
  checkFields(data, ["constraints"]);
  return data.constraints === undefined ? {} : { constraints: constraints(data.constraints) };
}

function oneDevice(data: unknown): Methods["changeDevice"]["data"] {
  const wanted = "like {constraints: {audio: {deviceId: '…', label: '…'}}}, with one device: audio or video";
  if (!isRecord(data)) throw invalid(wanted);
  checkFields(data, ["constraints"]);
  const found = constraints(data.constraints);
  const given = Object.values(found);
  if (given.length !== 1 || typeof given[0] !== "object") throw invalid(wanted);
  return { constraints: found };
}

function constraints(data: unknown): Constraints {
  if (!isRecord(data)) throw invalid("with `constraints` like {video: true, audio: true}");
  checkFields(data, ["video", "audio"]);
  const found: Constraints = {};
  for (const kind of ["video", "audio"] as const) {
    const wish = data[kind];
    if (typeof wish === "boolean") found[kind] = wish;
    else if (isRecord(wish)) found[kind] = device(wish);
    else if (wish !== undefined && wish !== null) {
      throw invalid(`with constraints.${kind} as true, false or a device`);
    }
  }
  return found;
}

function device(wish: Record<string, unknown>): DeviceChoice {
  checkFields(wish, ["deviceId", "label", "groupId", "kind"]);
  const found: DeviceChoice = {};
  for (const field of ["deviceId", "label"] as const) {
    const value = wish[field];
    if (value !== undefined && value !== null && typeof value !== "string") {
      throw invalid(`with a device's ${field} as a text`);
    }
    if (value) found[field] = value;
  }
  if (found.deviceId === undefined && found.label === undefined) {
    throw invalid("with a device's deviceId or label");
  }
  return found;
}

function someonesTrack(data: unknown): Methods["disabledTrackByModerator"]["data"] {
  if (isRecord(data)) {
    checkFields(data, ["userPeerId", "kind"]);
    const { userPeerId, kind } = data;
    if (typeof userPeerId === "string" && userPeerId !== "" && (kind === "audio" || kind === "video")) {
      return { userPeerId, kind };
    }
  }
  throw invalid("like {userPeerId: '…', kind: 'audio'}, with audio or video as kind");
}

// --- actions ---

const DEVICES = {
  audio: { source: "mic", kind: "microphone", list: "microphone" },
  video: { source: "camera", kind: "camera", list: "camera" },
} as const satisfies Record<"audio" | "video", { source: Switchable; kind: DeviceKind; list: DeviceKind }>;

const THINGS: Record<Switchable, string> = {
  mic: "microphone",
  camera: "camera",
  screen: "screen",
};

const TROUBLES: Record<MediaError, (thing: string) => [code: string, message: string]> = {
  denied: (thing) => [
    "deviceDenied",
    `The browser, or the person at it, does not allow the ${thing}: the iframe needs it in its allow attribute, too.`,
  ],
  missing: (thing) => ["deviceMissing", `There is no such ${thing}.`],
  busy: (thing) => ["deviceBusy", `The ${thing} is being used by another program.`],
  insecure: (thing) => ["deviceInsecure", `Browsers give the ${thing} to pages served over https only.`],
  failed: (thing) => ["deviceFailed", `The ${thing} could not be started.`],
};

function done(_: unknown): true {
  return true;
}

function isOn({ meeting }: Room, source: Switchable): boolean {
  return meeting.state.peek().local[source].status === "on";
}

function isInside({ phase }: MeetingState): boolean {
  return phase === "joined" || phase === "reconnecting";
}

function checkInside({ meeting }: Room): void {
  if (!isInside(meeting.state.peek())) {
    throw new Refused("notJoined", "Nobody has joined the room from this page.");
  }
}

/** Whether this participant may have devices at all, and has use for them at the moment. */
function checkDevices({ meeting }: Room): void {
  const { phase, me } = meeting.state.peek();
  if (phase === "left" || phase === "closed") {
    throw new Refused("notJoined", "The meeting is over for this page: join again first.");
  }
  if (me.viewer) {
    throw new Refused("notAllowed", "A webinar's viewer has neither camera nor microphone.");
  }
}

async function turn(room: Room, source: Switchable, on: boolean): Promise<true> {
  if (on) checkDevices(room);
  const { meeting } = room;
  const refusal = await room.refusalDuring(() => {
    if (source === "mic") return meeting.setMic(on);
    return source === "camera" ? meeting.setCamera(on) : meeting.setScreen(on);
  });
  const { status, error } = meeting.state.peek().local[source];
  if (!on || status === "on") return true;
  if (refusal !== null) throw refusedBy(refusal);
  if (error !== null) throw new Refused(...TROUBLES[error](THINGS[source]));
  throw new Refused("cancelled", `The ${THINGS[source]} was turned off again before it was there.`);
}

async function moderate(room: Room, action: (moderator: Moderator) => Promise<void>): Promise<true> {
  checkInside(room);
  await action(room.meeting.moderator);
  return true;
}

async function share(room: Room, on: boolean): Promise<true> {
  checkInside(room);
  return turn(room, "screen", on);
}

async function join(room: Room, data: Methods["join"]["data"]): Promise<Methods["join"]["result"]> {
  const { meeting, until } = room;
  const { phase, me } = meeting.state.peek();
  const wishes = me.viewer ? {} : (data?.constraints ?? {});
  // `meeting.join` ends when somebody has opened the door, or given up: nothing to wait for here.
  if (phase === "welcome" || phase === "left" || phase === "closed") {
    void meeting.join(me.displayName || room.guestName());
  }
  // Devices come up while the connection does. Without one of them people can still meet: its event tells.
  const devices = Promise.all((["audio", "video"] as const).map((kind) => apply(room, kind, wishes[kind])));
  const settled = until(meeting.state, ({ phase }) => phase !== "joining");
  const state = await settled;
  if (isInside(state)) await Promise.race([devices, room.pause(DEVICES_LATER_MS)]);
  if (!isInside(state) && state.phase !== "waiting") {
    const { code, message } = state.closed ?? { code: "notJoined", message: "The room was left again." };
    throw new Refused(code, message);
  }
  const { peerId, displayName } = state.me;
  return { peerId, displayName, waiting: state.phase === "waiting" };
}

/** Bring a kind of device into the wanted state as far as possible. */
async function apply(
  room: Room,
  kind: "audio" | "video",
  wish: boolean | DeviceChoice | undefined,
): Promise<void> {
  if (wish === undefined) return;
  const { source } = DEVICES[kind];
  if (typeof wish === "object") await choose(room, kind, wish);
  try {
    await turn(room, source, wish !== false);
    // Browsers name devices only once one of them has been used.
    if (typeof wish === "object") await choose(room, kind, wish);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

/** Whether there is such a device, which is the chosen one then. */
async function choose({ meeting }: Room, kind: "audio" | "video", wish: DeviceChoice): Promise<boolean> {
  const { kind: deviceKind } = DEVICES[kind];
  await meeting.refreshDevices();
  const { devices } = meeting.state.peek();
  const found = match(devices[deviceKind], wish);
  if (found === undefined) return false;
  if (devices.selected[deviceKind] !== found.id) await meeting.chooseDevice(deviceKind, found.id);
  return true;
}

/** Ids differ from site to site, so a device that another site found is known by its label. */
export function match(devices: readonly Device[], wish: DeviceChoice): Device | undefined {
  return (
    devices.find(({ id }) => id === wish.deviceId) ??
    devices.find(({ label }) => wish.label !== undefined && label === wish.label)
  );
}

async function changeDevice(room: Room, data: Methods["changeDevice"]["data"]): Promise<true> {
  checkDevices(room);
  for (const kind of ["audio", "video"] as const) {
    const wish = data.constraints[kind];
    if (typeof wish === "object" && !(await choose(room, kind, wish))) {
      throw new Refused(...TROUBLES.missing(THINGS[DEVICES[kind].source]));
    }
  }
  return true;
}

async function otherCamera(room: Room): Promise<true> {
  checkDevices(room);
  if (!(await room.meeting.otherCamera())) {
    throw new Refused("deviceMissing", "There is no other camera.");
  }
  return true;
}

async function changeDisplayName(room: Room, name: string): Promise<true> {
  const { meeting } = room;
  if (meeting.state.peek().me.nameFixed) {
    throw new Refused("nameFixed", "The name was given with the link and can't be changed.");
  }
  const refusal = await room.refusalDuring(() => meeting.setDisplayName(name));
  if (refusal !== null) throw refusedBy(refusal);
  return true;
}

async function setBitrate(room: Room, bitrateBps: number): Promise<true> {
  checkInside(room);
  const refusal = await room.refusalDuring(() => room.meeting.setMaxBitrate(Math.round(bitrateBps)));
  if (refusal !== null) throw refusedBy(refusal);
  return true;
}

function screenshot({ meeting, view }: Room, peerId: string): string {
  const { me, peers } = meeting.state.peek();
  if (peerId !== me.peerId && !peers.some(({ id }) => id === peerId)) {
    throw new Refused("notFound", "There is no such participant in this room.");
  }
  const picture = view.screenshot(peerId);
  if (picture === null)
    throw new Refused("noPicture", "There is no picture of this participant at the moment.");
  return picture;
}

async function playAudio({ view }: Room): Promise<true> {
  await view.playSound();
  if (view.state.peek().soundBlocked) {
    throw new Refused(
      "gestureRequired",
      "The browser still wants a click in the room before it plays sound.",
    );
  }
  return true;
}

async function enableFullscreen({ view }: Room): Promise<true> {
  try {
    await view.setFullscreen(true);
  } catch {
    throw new Refused(
      "gestureRequired",
      "Browsers fill the screen only right after a click, and for an iframe with fullscreen in its allow attribute.",
    );
  }
  return true;
}

async function disableFullscreen({ view }: Room): Promise<true> {
  if (view.state.peek().fullscreen) await view.setFullscreen(false);
  return true;
}

function enablePin({ view }: Room, peerId: string): true {
  if (!view.pin(peerId)) throw new Refused("notFound", "Nobody with this peerId has a tile.");
  return true;
}

async function setLocale(room: Room, locale: string): Promise<true> {
  const available = room.locales();
  const language = locale.toLowerCase().split(/[-_]/)[0] ?? "";
  if (!available.includes(language)) {
    throw new Refused("invalidData", `\`data\` must be one of ${available.join(", ")}.`);
  }
  await room.setLocale(language);
  return true;
}

async function setInterpretationLanguage(room: Room, code: string): Promise<true> {
  checkInside(room);
  const { meeting } = room;
  const languages = choosable(meeting.state.peek()).map(({ tag }) => tag);
  const tag = code === "" ? "" : languages.find((one) => one.toLowerCase() === code.toLowerCase());
  if (tag === undefined) {
    const there = languages.length === 0 ? "There are none." : `There are ${languages.join(", ")}.`;
    throw new Refused("notFound", `Nobody interprets into ${code.slice(0, 35)} at the moment. ${there}`);
  }
  const refusal = await room.refusalDuring(() => meeting.chooseLanguage(tag));
  if (refusal !== null) throw refusedBy(refusal);
  return true;
}
