// The protocol's types under the names that the rest of the client uses.

import type { types } from "mediasoup-client";
import type {
  ListeningChanged,
  Me,
  NotificationMap,
  PeerInfo,
  ProducerInfo,
  RequestMap,
  StopTrack,
} from "../wire/protocol.js";

export type {
  ChatMessage,
  KickedPeer,
  Permissions,
  ViewerHand,
  ViewerInfo,
  ViewerList,
  WaitingPeer,
} from "../wire/protocol.js";

/** What somebody is in the room. */
export type Role = Me["role"];

/** How good a connection is. */
export type Quality = NonNullable<PeerInfo["quality"]>;

/** Why an interpreter can't interpret; empty where they can. */
export type InterpreterProblem = NonNullable<Me["interpreterProblem"]>;

/** Why somebody hears another language. */
export type ListeningReason = ListeningChanged["reason"];

/** What a track shows or sounds of. */
export type Source = ProducerInfo["source"];

/** What moderators can turn off, forbid and ask for; `screen` includes its sound. */
export type Switchable = StopTrack["device"];

export const SWITCHABLES: readonly Switchable[] = ["mic", "camera", "screen"];

/** All sources, in the order in which they are produced again after a reconnect: voices first. */
export const SOURCES: readonly Source[] = ["mic", "camera", "screen", "screenAudio"];

export type Method = keyof RequestMap;
export type RequestData<M extends Method> = RequestMap[M]["data"];
export type ResponseData<M extends Method> = RequestMap[M]["response"];

export type EventName = keyof NotificationMap;

/** One notification with its data, discriminated by `event`. */
export type Notification = { [E in EventName]: { event: E; data: NotificationMap[E] } }[EventName];

export type RtpCapabilities = types.RtpCapabilities;
