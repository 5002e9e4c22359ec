// The words of the Client API, for both sides of it: every method with its argument and result, every event with its
// data. Source: the tutorial's "Public methods of Real-Time Video iframe" and "Events from an iframe".

/** A camera or microphone. Browsers give each site its own ids, so for another site's iframe the label tells. */
export interface DeviceChoice {
  deviceId?: string;
  label?: string;
  groupId?: string;
  kind?: string;
}

/** On with the usual device, off, or on with this device. A kind that is left out stays as it is. */
export interface Constraints {
  video?: boolean | DeviceChoice;
  audio?: boolean | DeviceChoice;
}

export interface Person {
  peerId: string;
  displayName: string;
}

/** A language into which somebody interprets: its code (BCP 47), and its name in that language. */
export interface InterpretationLanguage {
  code: string;
  name: string;
}

/** Argument and result of each method; `true` is the result of whatever has just been done. */
export interface Methods {
  join: { data: { constraints?: Constraints } | undefined; result: Person & { waiting: boolean } };
  enableMic: { data: undefined; result: true };
  disableMic: { data: undefined; result: true };
  enableWebcam: { data: undefined; result: true };
  disableWebcam: { data: undefined; result: true };
  enableShare: { data: undefined; result: true };
  disableShare: { data: undefined; result: true };
  changeDisplayName: { data: string; result: true };
  setVolume: { data: number; result: true };
  getScreenshotByPeerId: { data: string; result: string };
  setControlsVisible: { data: boolean; result: true };
  isCameraEnabled: { data: undefined; result: boolean };
  isMicroEnabled: { data: undefined; result: boolean };
  isShareEnabled: { data: undefined; result: boolean };
  changeDevice: { data: { constraints: Constraints }; result: true };
  otherCamera: { data: undefined; result: true };
  playAudio: { data: undefined; result: true };
  muteAudio: { data: undefined; result: true };
  unmuteAudio: { data: undefined; result: true };
  setBitrate: { data: number; result: true };
  isFullscreenEnabled: { data: undefined; result: boolean };
  enableFullscreen: { data: undefined; result: true };
  disableFullscreen: { data: undefined; result: true };
  enablePin: { data: string; result: true };
  disablePin: { data: undefined; result: true };
  setLocale: { data: string; result: true };
  disabledTrackByModerator: { data: { userPeerId: string; kind: "audio" | "video" }; result: true };
  disableAllMics: { data: undefined; result: true };
  disableAllCameras: { data: undefined; result: true };
  stopVideo: { data: undefined; result: true };
  setInviteUrl: { data: string; result: true };
  setHideIndicators: { data: boolean; result: true };
  /** A language's code, or an empty text for the original only. */
  setInterpretationLanguage: { data: string; result: true };
  getInterpretationLanguages: { data: undefined; result: InterpretationLanguage[] };
  getInterpretationLanguage: { data: undefined; result: string };
}

export type MethodName = keyof Methods;

/** Methods that may have to wait for the person at the page: for a permission, a device, a screen. */
export const ASK_A_PERSON: ReadonlySet<string> = new Set<MethodName>([
  "join",
  "enableMic",
  "enableWebcam",
  "enableShare",
  "changeDevice",
  "otherCamera",
]);

/** Why a device gave nothing, see `MediaError` of the store. */
export type DeviceTrouble = "denied" | "missing" | "busy" | "insecure" | "failed";

/** Why the meeting is over for the page in the iframe, see `EndingReason` of the store. */
export type EndingReason = "left" | "removed" | "ended" | "replaced" | "refused" | "lost";

/** `code` is for programs, `message` a sentence for people; `canJoinAgain`: it makes sense to offer another try. */
export interface Ending {
  reason: EndingReason;
  code: string;
  message: string;
  canJoinAgain: boolean;
}

/** What came of a device: `silent` a microphone that hears nothing, `notHeard` speakers, `skipped` was not tried. */
export type CheckedDevice = "ok" | DeviceTrouble | "silent" | "notHeard" | "skipped";

/** What will work: video in HD, video, sound only, no meeting at all; unknown where it was not measured. */
export type CheckVerdict = "hd" | "video" | "audio" | "nothing" | "unknown";

/**
 * What the page `/check` has found. Null is what was skipped or could not be measured. `signalling`: the WebSocket
 * works. `protocol`: that of media, null where it does not get through. Losses are shares of packets, from 0 to 1.
 */
export interface CheckResult {
  camera: CheckedDevice;
  microphone: CheckedDevice;
  speakers: CheckedDevice;
  connection: {
    signalling: boolean;
    protocol: "udp" | "tcp" | null;
    relayed: boolean;
    roundTripMs: number | null;
    jitterMs: number | null;
    lossUp: number | null;
    lossDown: number | null;
  } | null;
  bandwidth: { upBps: number; downBps: number } | null;
  verdict: CheckVerdict;
}

type Nothing = Record<string, never>;

/** Data of each event. `errorGetCamera` is `nerrorGetCamera` without the tutorial's slip; both are sent. */
export interface Events {
  ready: Nothing;
  readyToJoin: Nothing;
  waiting: Person;
  join: Person;
  ended: Ending;
  switchOnCamera: Person;
  switchOffCamera: Person;
  nerrorGetCamera: Person & { error: DeviceTrouble };
  errorGetCamera: Person & { error: DeviceTrouble };
  switchOnMic: Person;
  switchOffMic: Person;
  errorGetMic: Person & { error: DeviceTrouble };
  switchOnShare: Person;
  switchOffShare: Person;
  errorGetShare: Person & { error: DeviceTrouble };
  /** `viewer` is true for somebody who only watches; only where the account wants it, and while few do. */
  newPeer: Person & { viewer?: true };
  peerClosed: Person & { viewer?: true };
  viewersChanged: { count: number };
  connectionFailed: Nothing;
  disconnected: Nothing;
  connectionClosed: Nothing;
  connectionError: { peerId: string; message: string };
  playingAudioPrevent: Nothing;
  switchOnPin: { peerId: string };
  switchOffPin: Nothing;
  errorGetPin: { peerId: string };
  /** Other languages can be chosen; told when this page comes in, too, if there are any. */
  interpretationLanguages: { languages: InterpretationLanguage[] };
  /**
   * This page plays another language, or (an empty `code`) the original only: somebody chose it, the link asked for it, no
   * interpreter came back in time, or a moderator turned interpretation off.
   */
  interpretationLanguage: { code: string; reason: "chosen" | "preselected" | "lost" | "off" };
  /** Of the page `/check`: all steps have been made or skipped, or one has been made again. */
  checkResult: CheckResult;
}

export type EventName = keyof Events;

/** What went wrong with a call, for programs (`code`) and people (`message`, a sentence). */
export interface Problem {
  code: string;
  message: string;
}
