// A participant in a room, headless: everything that a program which uses this package may count on.

import { endedBy } from "./room/endings.js";
import { type PlatformOptions, platformOf } from "./room/platform.js";
import { Room } from "./room/room.js";
import { wayBy, wayOf } from "./room/roomLink.js";
import type { Ended } from "./room/state.js";
import type { NewTicket } from "./room/tickets.js";
import { MeetError } from "./signal/failures.js";
import type { Admission } from "./wire/admission.js";

export type { DeviceNews } from "./room/deviceWatch.js";
export type { Listenable } from "./room/emitter.js";
export type { Person, RoomEvents } from "./room/events.js";
export type { InterpreterActions } from "./room/interpreter.js";
export type { Moderator } from "./room/moderator.js";
export type { Platform, PlatformOptions } from "./room/platform.js";
export { Unsupported } from "./room/reconnect.js";
export { Room } from "./room/room.js";
export { LinkInvalid } from "./room/roomLink.js";
export type {
  Asked,
  Channel,
  Ended,
  EndingReason,
  Handover,
  Interpretation,
  LocalSource,
  Peer,
  Phase,
  RemoteTrack,
  RoomState,
  Rules,
} from "./room/state.js";
export { type NewTicket, TicketRefused, TicketUnavailable } from "./room/tickets.js";
export type {
  CaptureConstraints,
  Device,
  DeviceInfo,
  DeviceKind,
  Devices,
  MediaDevicesApi,
  MediaError,
  ScreenTracks,
} from "./rtc/devices.js";
export { DeviceError } from "./rtc/devices.js";
export type { Importance, Size } from "./rtc/layers.js";
export type { Figures } from "./rtc/reporter.js";
export type { TrackFigures } from "./rtc/statistics.js";
export type { Clock } from "./signal/clock.js";
export { ConnectionLost, MeetError, NoAnswer, RequestRefused, SignalError } from "./signal/failures.js";
export type {
  ChatMessage,
  KickedPeer,
  ListeningReason,
  Permissions,
  Quality,
  Role,
  Source,
  Switchable,
  ViewerHand,
  ViewerInfo,
  ViewerList,
  WaitingPeer,
} from "./signal/shapes.js";
export type { Admission } from "./wire/admission.js";
export type { DirectionReport, ErrorCode, QualityFigures } from "./wire/protocol.js";

/** How somebody comes in, beside what the link says; and what this platform has that is no browser. */
export interface RoomOptions extends PlatformOptions {
  /** Instead of the link's. */
  displayName?: string;
  /**
   * Asked when the connection was lost, or the ticket has grown old: for who comes by an answer of `/tickets/`, which says
   * nothing of where there is another one. It need not come from the same place as the first.
   */
  newTicket?: NewTicket;
}

export interface JoinOptions extends RoomOptions {
  /** A moderator has to open the door. */
  onWaiting?(): void;
}

/** The meeting is over for this participant, or never began; `ended` says why. */
export class MeetingOver extends MeetError {
  constructor(readonly ended: Ended) {
    super(ended.code, ended.message);
  }
}

/**
 * A room before anybody is in it: microphone and camera can be turned on for a preview, `room.join()` comes in. `link` is
 * a room's link with any attributes and a token, or an answer of `/tickets/`, which lets in for ten minutes; later, `options.newTicket` has to. Rejects with
 * `LinkInvalid`, `TicketRefused` or `TicketUnavailable`.
 */
export async function openRoom(link: string | Admission, options: RoomOptions = {}): Promise<Room> {
  const { displayName, newTicket, ...own } = options;
  const platform = platformOf(own);
  const way = typeof link === "string" ? await wayOf(link, displayName, platform) : wayBy(link, displayName);
  return new Room({ ...way, newTicket }, platform);
}

/**
 * Come into a room, which takes as long as a moderator lets wait. Rejects as `openRoom` does, and with `MeetingOver` where
 * the room does not let in, nobody can be reached, or WebRTC is missing.
 */
export async function join(link: string | Admission, options: JoinOptions = {}): Promise<Room> {
  const { onWaiting, ...own } = options;
  const room = await openRoom(link, own);
  const stop = room.on("waiting", () => onWaiting?.());
  await room.join();
  stop();
  const { closed } = room.state;
  if (closed !== null) {
    await room.close();
    throw new MeetingOver(endedBy(closed));
  }
  return room;
}
