// What people are told of a failure, and of what moderators do to their devices: the key of a notice's text.

import type { DeviceNews } from "meet-client/room/deviceWatch";
import type { Captured } from "meet-client/room/lostDevices";
import { RequestRefused, SignalError } from "meet-client/signal/failures";
import type { ListeningReason, Source, Switchable } from "meet-client/signal/shapes";
import type { ErrorCode, RecordingFailed } from "meet-client/wire/protocol";

/** The refusals that people can make something of. */
const REFUSALS: Partial<Record<ErrorCode, string>> = {
  tooManyBroadcasters: "notice.tooManyBroadcasters",
  chatDisabled: "notice.chatDisabled",
  handDisabled: "notice.handDisabled",
  notModerator: "notice.notModerator",
  notAllowed: "notice.notAllowed",
  notFound: "notice.notFound",
  tooManyRequests: "notice.tooManyRequests",
  serverBusy: "notice.serverBusy",
  alreadyRecording: "notice.alreadyRecording",
  notRecording: "notice.notRecording",
  recordingFailed: "notice.recordingImpossible",
};

const SOURCES: Record<Source, string> = {
  mic: "notice.micFailed",
  camera: "notice.cameraFailed",
  screen: "notice.screenFailed",
  screenAudio: "notice.screenFailed",
};

const DEVICE_NEWS: readonly DeviceNews[] = ["replaced", "gone", "denied", "taken", "back"];

/** The notice for it, with what to do. */
export function deviceNotice(source: Captured, news: DeviceNews): string {
  return `notice.device.${source}.${news}`;
}

/** All that may have been said of it. */
export function deviceNotices(source: Captured): string[] {
  return DEVICE_NEWS.map((news) => deviceNotice(source, news));
}

/** The notice for what a request or, where it is given, a source of mine failed of. */
export function noticeOf(error: unknown, source?: Source): string {
  const refusal = error instanceof RequestRefused ? REFUSALS[error.code] : undefined;
  if (refusal !== undefined) {
    return refusal;
  }
  if (source !== undefined) {
    return SOURCES[source];
  }
  const unanswered = error instanceof SignalError && !(error instanceof RequestRefused);
  return unanswered ? "notice.notConnected" : "notice.unknown";
}

/** A moderator has turned it off; it may be turned on again. */
export function stoppedNotice(device: Switchable): string {
  return `notice.stopped.${device}`;
}

/** A moderator has turned it off for as long as they want. */
export function forbiddenNotice(device: Switchable): string {
  return `notice.forbidden.${device}`;
}

/** Why nothing is recorded any more; said to moderators. */
export function recordingNotice(problem: RecordingFailed["problem"]): string {
  return `notice.recording.${problem}`;
}

export const NO_SUCH_LANGUAGE = "notice.language.gone";

/** Why I hear another language though I have not chosen it. */
export function listeningNotice(reason: Exclude<ListeningReason, "chosen">): string {
  return `notice.language.${reason}`;
}

/** It may be turned on again. */
export function allowedNotice(device: Switchable): string {
  return `notice.allowed.${device}`;
}
