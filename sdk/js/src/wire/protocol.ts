// Generated from rooms/protocol/ by `make generate`. Do not edit.

import type { types } from "mediasoup-client";

export const VERSION = 1;
export const SUBPROTOCOL = "meet.v1";

export type ErrorCode =
  | "malformedMessage"
  | "unknownMethod"
  | "invalidData"
  | "notJoined"
  | "alreadyJoined"
  | "ticketInvalid"
  | "ticketExpired"
  | "wrongNode"
  | "notFound"
  | "notAllowed"
  | "unsupportedCodec"
  | "nameFixed"
  | "nameInvalid"
  | "notModerator"
  | "notAdmitted"
  | "kicked"
  | "meetingEnded"
  | "roomFull"
  | "roomLocked"
  | "tooManyBroadcasters"
  | "chatDisabled"
  | "handDisabled"
  | "alreadyRecording"
  | "notRecording"
  | "recordingFailed"
  | "tooManyRequests"
  | "serverBusy"
  | "serverClosing"
  | "peerReplaced"
  | "peerIdTaken"
  | "internalError";

/** Enter the room that the ticket names. Must be the first request but `ping`. */
export interface Join {
  ticket: string;
  rtpCapabilities: types.RtpCapabilities;
  displayName?: string;
  gathered?: boolean;
  watches?: boolean;
}

/** Answer to `join`: the room as it stands, both transports ready to connect, and a consumer for all that is sent. */
export interface Joined {
  peerId: string;
  identity: string;
  room: RoomSnapshot;
  sendTransport: TransportOptions;
  recvTransport: TransportOptions;
  consumers: ConsumerCreated[];
}

/** Everything a client needs to draw the room as one participant may see it; events change exactly these fields. */
export interface RoomSnapshot {
  roomId: string;
  me: Me;
  peers: PeerInfo[];
  viewers: number;
  viewerHands: ViewerHand[];
  waiting: WaitingPeer[];
  kicked: KickedPeer[];
  rules: Rules;
  chat: ChatMessage[];
  videoCodec: string;
  videoUrl: string;
  maxBitrateBps: number;
  recordingSince: number | null;
  dominantSpeaker: string | null;
  interpretation?: Interpretation;
  handover?: Handover | null;
}

/** What only this participant needs to know of themselves. A viewer has no tile. */
export interface Me {
  peerId: string;
  displayName: string;
  role: "participant" | "moderator" | "interpreter";
  viewer: boolean;
  permissions: Permissions;
  handRaisedAt: number | null;
  listening?: string;
  language?: string;
  interpreterProblem?: "" | "feature" | "language" | "account";
}

/** What the server lets this participant do. With `interpretation` they turn it on and off for the room. */
export interface Permissions {
  mic: boolean;
  camera: boolean;
  screen: boolean;
  chat: boolean;
  hand: boolean;
  moderate: boolean;
  record: boolean;
  interpretation?: boolean;
}

/** One participant with a tile, as all see them. Times are Unix time in ms; `handRaisedAt` is null for no hand. */
export interface PeerInfo {
  id: string;
  displayName: string;
  role: "participant" | "moderator" | "interpreter";
  joinedAt: number;
  producers: ProducerInfo[];
  handRaisedAt?: number | null;
  absent?: boolean;
  quality?: "unknown" | "good" | "fair" | "poor";
  overrides?: Overrides;
  language?: string;
}

/** One thing a peer sends, as all see it; `language` is an interpreter's, empty for what is of the original. */
export interface ProducerInfo {
  id: string;
  kind: "audio" | "video";
  source: "mic" | "camera" | "screen" | "screenAudio";
  paused: boolean;
  language?: string;
}

/** What a moderator has decided for one participant beside the room's rules; null where the rules count. */
export interface Overrides {
  mic?: boolean | null;
  camera?: boolean | null;
  screen?: boolean | null;
}

/** A webinar's viewer who raised a hand; only moderators hear of it. */
export interface ViewerHand {
  peerId: string;
  displayName: string;
  raisedAt: number;
}

/** A participant who waits for a moderator to let them in; only moderators hear of it. */
export interface WaitingPeer {
  peerId: string;
  displayName: string;
  since: number;
}

/** A participant whom a moderator removed, and who can't come back unless let; only moderators hear of it. */
export interface KickedPeer {
  peerId: string;
  displayName: string;
  at: number;
}

/** What moderators have set for the whole room: who has to wait, whether it is locked, what may be sent. */
export interface Rules {
  waitingRoom?: boolean;
  locked?: boolean;
  mic?: boolean;
  camera?: boolean;
  screen?: boolean;
}

/** One line of the chat; `id` rises by one, `at` is Unix time in ms, the text is to be shown as plain text. */
export interface ChatMessage {
  id: number;
  peerId: string;
  displayName: string;
  text: string;
  at: number;
}

/** Whether there is interpretation in this room, and the languages to choose from, in the order of appearance. */
export interface Interpretation {
  enabled?: boolean;
  languages?: InterpretedLanguage[];
}

/** A channel: one language with all who interpret into it, in the order of coming. `name` is in that language. */
export interface InterpretedLanguage {
  tag: string;
  name: string;
  interpreters: string[];
  expiresAt?: number | null;
}

/** One interpreter takes over from another: from `giver`, who is live, to `taker`; the empty one is not yet found. */
export interface Handover {
  giver: string;
  taker: string;
  seconds: number;
  expiresAt: number;
  dueAt?: number | null;
}

/** What a client needs to make its side of a WebRtcTransport. */
export interface TransportOptions {
  id: string;
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
  dtlsParameters: types.DtlsParameters;
  sctpParameters?: types.SctpParameters | null;
}

/** The server made a paused consumer for me on my receive transport; `language` is the producer's. */
export interface ConsumerCreated {
  consumerId: string;
  peerId: string;
  producerId: string;
  kind: "audio" | "video";
  type: "simple" | "simulcast" | "svc";
  source: "mic" | "camera" | "screen" | "screenAudio";
  producerPaused: boolean;
  rtpParameters: types.RtpParameters;
  language?: string;
}

/** Leave on purpose; the server closes the socket afterwards with code 1000. */
export type Leave = Record<string, never>;

/** The empty answer. */
export type Done = Record<string, never>;

/** Ask whether the server is still there; answered at once, also before `join`. */
export type Ping = Record<string, never>;

/** Give the client's DTLS parameters for one of its transports. */
export interface ConnectTransport {
  transportId: string;
  dtlsParameters: types.DtlsParameters;
}

/** Ask for new ICE credentials on one transport (RFC 8445 section 9). */
export interface RestartIce {
  transportId: string;
}

/** Answer to `restartIce`; `iceServers` are TURN servers with fresh credentials, none where there are none. */
export interface IceRestarted {
  iceParameters: types.IceParameters;
  iceServers: IceServer[];
}

/** A TURN server's addresses (RFC 7065) and credentials, as W3C's RTCIceServer has them; they expire. */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

/** Start sending one track on the send transport. */
export interface Produce {
  kind: "audio" | "video";
  source: "mic" | "camera" | "screen" | "screenAudio";
  rtpParameters: types.RtpParameters;
  paused?: boolean;
}

/** Answer to `produce`. */
export interface Produced {
  producerId: string;
}

/** Stop forwarding one of my producers (mic off). */
export interface PauseProducer {
  producerId: string;
}

/** Forward one of my producers again. */
export interface ResumeProducer {
  producerId: string;
}

/** End one of my producers. */
export interface CloseProducer {
  producerId: string;
}

/** Stop receiving one consumer, for example because its tile is not visible. */
export interface PauseConsumer {
  consumerId: string;
}

/** Receive one consumer; new consumers start paused and wait for this. */
export interface ResumeConsumer {
  consumerId: string;
}

/** Ask for at most these layers of a video, and tell how much it matters where the link doesn't carry everything. */
export interface SetPreferredLayers {
  consumerId: string;
  layers: ConsumerLayers;
  priority?: number;
  onStage?: boolean;
}

/** A spatial layer (0 the smallest) and a temporal layer (0 the slowest). */
export interface ConsumerLayers {
  spatialLayer: number;
  temporalLayer?: number | null;
}

/** Receive these videos, all that are shown at the moment; what there was no consumer of comes as `consumerCreated`. */
export interface Watch {
  producerIds: string[];
}

/** Ask the producer behind a video consumer for a keyframe. */
export interface RequestKeyFrame {
  consumerId: string;
}

/** Tell what my browser measured since the last time; one a second counts at most. */
export interface ReportStatistics {
  up?: DirectionReport | null;
  down?: DirectionReport | null;
}

/** What a browser measured of all that it sends, or of all that it receives, since its last report. */
export interface DirectionReport {
  roundTripMs?: number | null;
  loss?: number | null;
  jitterMs?: number | null;
  bitrateBps?: number | null;
  availableBps?: number | null;
  width?: number | null;
  height?: number | null;
  frameRate?: number | null;
  freezes?: number | null;
  frozenMs?: number | null;
  concealed?: number | null;
  dropped?: number | null;
  limitedBy?: "none" | "cpu" | "bandwidth" | "other";
}

/** Ask why somebody's connection is called what it is called. */
export interface ExplainQuality {
  peerId: string;
}

/** Answer to `explainQuality`: what somebody's badge was judged by, null where it is not known. */
export interface QualityFigures {
  uploadLoss: number | null;
  downloadLoss: number | null;
  roundTripMs: number | null;
  limitedBy: "none" | "cpu" | "bandwidth" | "other";
}

/** Announce a data channel that the client opened on its send transport. */
export interface ProduceData {
  sctpStreamParameters: types.SctpStreamParameters;
  label?: string;
  protocol?: string;
}

/** Answer to `produceData`. */
export interface DataProduced {
  dataProducerId: string;
}

/** Change my name, where it is not fixed by the ticket. */
export interface SetDisplayName {
  displayName: string;
}

/** I am looking elsewhere (the page is hidden), or here again. */
export interface SetAbsent {
  absent: boolean;
}

/** Raise my hand or take it down. */
export interface RaiseHand {
  raised: boolean;
}

/** Say something to everybody in writing. */
export interface SendChat {
  text: string;
}

/** Hear the interpreters of a language beside the original, or (empty) the original only. */
export interface ChooseLanguage {
  language: string;
}

/** Interpreters who are live: offer the others of my language to take over, so many seconds after they accept. */
export interface OfferHandover {
  seconds?: number;
}

/** Interpreters: ask who is live in my language to let me take over, so many seconds after they accept. */
export interface RequestHandover {
  seconds?: number;
}

/** Interpreters: accept what another one of my language offers or asks for. */
export type AcceptHandover = Record<string, never>;

/** Interpreters: call off the handover of my language, mine or another's, accepted or not. */
export type CancelHandover = Record<string, never>;

/** Moderators: turn interpretation on for this room, or off until a moderator turns it on again. */
export interface SetInterpretation {
  enabled: boolean;
}

/** Moderators: take somebody's hand down. */
export interface LowerHand {
  peerId: string;
}

/** Moderators: turn somebody's microphone or camera off, or end their screen share. */
export interface StopTrack {
  peerId: string;
  device: "mic" | "camera" | "screen";
}

/** Moderators: turn everybody's microphone or camera off, or end all screen shares, but not my own. */
export interface StopAllTracks {
  device: "mic" | "camera" | "screen";
}

/** Moderators: allow or forbid one participant a device, whatever the room's rules say. Forbidding stops it. */
export interface Allow {
  peerId: string;
  device: "mic" | "camera" | "screen";
  allowed: boolean;
}

/** Moderators: allow or forbid everybody but moderators a device; what was decided for single ones is forgotten. */
export interface AllowAll {
  device: "mic" | "camera" | "screen";
  allowed: boolean;
}

/** Moderators: ask somebody to turn a device on; it is theirs to decide. */
export interface AskToTurnOn {
  peerId: string;
  device: "mic" | "camera" | "screen";
}

/** Moderators: who watches a webinar, in the order of coming, those whose name has the words in it. */
export interface ListViewers {
  words?: string;
  offset?: number;
}

/** Answer to `listViewers`: 50 at most from the place that was asked for, and how many there are in all. */
export interface ViewerList {
  viewers: ViewerInfo[];
  total: number;
}

/** A webinar's viewer in a moderator's list; `joinedAt` is Unix time in ms. */
export interface ViewerInfo {
  peerId: string;
  displayName: string;
  joinedAt: number;
}

/** Moderators: take one message of the chat away from everybody. */
export interface RemoveMessage {
  messageId: number;
}

/** Moderators: give a webinar's viewer a tile and devices, or take them away again. */
export interface SetOnStage {
  peerId: string;
  onStage: boolean;
}

/** Moderators: let somebody in who waits, or turn them away. */
export interface Admit {
  peerId: string;
  admitted: boolean;
}

/** Moderators: let everybody in who waits, or turn them all away. */
export interface AdmitAll {
  admitted: boolean;
}

/** Moderators: make newcomers wait, or not; then those who wait come in. */
export interface SetWaitingRoom {
  enabled: boolean;
}

/** Moderators: let nobody in any more but moderators and those who were in before, or open the room again. */
export interface SetLocked {
  locked: boolean;
}

/** Moderators: take everybody's hand down. */
export type LowerAllHands = Record<string, never>;

/** Moderators: take the player away that everybody watches together. */
export type StopVideo = Record<string, never>;

/** Moderators: remove somebody, inside or in the waiting room, who then can't come back under this id. */
export interface Kick {
  peerId: string;
}

/** Moderators: somebody who was removed may come back. */
export interface LetBack {
  peerId: string;
}

/** Moderators: send everybody away and end the meeting, also for those in the waiting room. */
export type EndMeeting = Record<string, never>;

/** Moderators with `canRecord`: have the meeting recorded from now on. */
export type StartRecording = Record<string, never>;

/** Moderators with `canRecord`: end the recording. */
export type StopRecording = Record<string, never>;

/** Moderators: let nobody send video with more bits/s than this; 0 for no limit. */
export interface SetMaxBitrate {
  bitrateBps: number;
}

/** First frame after the socket opens: the protocol's version and what the router can handle. */
export interface Hello {
  version: number;
  routerRtpCapabilities: types.RtpCapabilities;
}

/** Another participant entered, or somebody (perhaps me) was brought on stage and has a tile now. */
export interface PeerJoined {
  peer: PeerInfo;
}

/** Another participant left, or their connection was lost; or somebody (perhaps me) only watches now. */
export interface PeerLeft {
  peerId: string;
  reason: "kicked" | "left" | "lost" | "replaced" | "viewing";
}

/** A participant (perhaps me) has another name now. */
export interface PeerRenamed {
  peerId: string;
  displayName: string;
}

/** A peer (perhaps me) started to send something. */
export interface ProducerAdded {
  peerId: string;
  producer: ProducerInfo;
}

/** A producer was paused or resumed. */
export interface ProducerPaused {
  peerId: string;
  producerId: string;
  paused: boolean;
}

/** A producer ended. */
export interface ProducerRemoved {
  peerId: string;
  producerId: string;
}

/** A peer looks elsewhere, or is back. */
export interface AbsenceChanged {
  peerId: string;
  absent: boolean;
}

/** A peer's connection got better or worse. */
export interface QualityChanged {
  peerId: string;
  quality: "unknown" | "good" | "fair" | "poor";
}

/** Another participant (perhaps I) dominates the conversation, also while they pause; null for nobody. */
export interface DominantSpeakerChanged {
  peerId: string | null;
}

/** A participant (perhaps me) raised a hand or took it down. Of a viewer's, moderators and they themselves hear. */
export interface HandChanged {
  peerId: string;
  displayName: string;
  viewer: boolean;
  raisedAt: number | null;
}

/** Another number of viewers; of many, it is told twice a second at most. */
export interface ViewersChanged {
  count: number;
}

/** To those with a tile, where the account wants it and few watch: somebody came who only watches. */
export interface ViewerJoined {
  peerId: string;
  displayName: string;
}

/** To those with a tile, where the account wants it and few watch: somebody who only watched is gone. */
export interface ViewerLeft {
  peerId: string;
  displayName: string;
}

/** A participant (perhaps me) wrote something. */
export interface ChatAdded {
  message: ChatMessage;
}

/** Everything that was written so far is gone. */
export type ChatCleared = Record<string, never>;

/** A moderator took one message away. */
export interface ChatRemoved {
  messageId: number;
}

/** I may do more or less than before; a viewer who was brought on stage is none any more. */
export interface PermissionsChanged {
  permissions: Permissions;
  viewer: boolean;
}

/** A moderator turned my microphone or camera off, or ended my screen share. */
export interface TrackStopped {
  device: "mic" | "camera" | "screen";
}

/** A moderator of this name (or of none: the account's own server) asks me to turn a device on. */
export interface AskedToTurnOn {
  device: "mic" | "camera" | "screen";
  displayName: string;
}

/** Moderators have set other rules for the room. */
export interface RulesChanged {
  rules: Rules;
}

/** A moderator decided something else for a participant (perhaps me) with a tile. */
export interface OverridesChanged {
  peerId: string;
  overrides: Overrides;
}

/** Everybody watches this player together from now on; empty for none. */
export interface VideoUrlChanged {
  url: string;
}

/** Nobody may send video with more bits/s than this; 0 for no limit. */
export interface MaxBitrateChanged {
  bitrateBps: number;
}

/** The meeting is being recorded since this Unix time in ms; null: not any more. */
export interface RecordingChanged {
  since: number | null;
}

/** To moderators: the recording ended, or could not begin, without anybody having wanted that. */
export interface RecordingFailed {
  problem: "diskFull" | "writeError";
}

/** After my `join`: the recording goes on, without so many ms in which the server was away. */
export interface RecordingResumed {
  missingMs: number;
}

/** My `join` waits for a moderator. */
export type Waiting = Record<string, never>;

/** To moderators: somebody wants to come in. */
export interface Knocked {
  peer: WaitingPeer;
}

/** To moderators: somebody doesn't wait any more: they were let in, turned away, or gave up. */
export interface KnockEnded {
  peerId: string;
}

/** To moderators: somebody was removed. */
export interface Kicked {
  peer: KickedPeer;
}

/** To moderators: somebody who was removed may come back. */
export interface KickEnded {
  peerId: string;
}

/** Interpretation was turned on or off, or other languages can be chosen, or others interpret. */
export interface InterpretationChanged {
  interpretation: Interpretation;
}

/** I hear the interpreters of this language from now on, or (empty) the original only. */
export interface ListeningChanged {
  language: string;
  reason: "chosen" | "preselected" | "lost" | "off";
}

/** To the interpreters of one language: an offer to hand or take over, or one that was accepted; null: none. */
export interface HandoverChanged {
  handover: Handover | null;
}

/** To both interpreters: now the taker's microphone goes on and the giver's off. The handover is over. */
export interface HandoverDue {
  giver: string;
  taker: string;
}

/** The codec that every receiver can decode changed: produce video again with this one. */
export interface VideoCodecChanged {
  mimeType: string;
}

/** One of my consumers is gone. */
export interface ConsumerClosed {
  consumerId: string;
}

/** Which layers a consumer of a video that is mine now gets; null while it gets none. */
export interface ConsumerLayersChanged {
  consumerId: string;
  layers: ConsumerLayers | null;
  exceedsLink?: boolean;
  serverBusy?: boolean;
}

/** Somebody receives so many spatial layers of my video, the smallest first; the others need not be sent. */
export interface ProducerLayersWanted {
  producerId: string;
  spatialLayers: number;
  maxBitrates: number[];
}

/** The server opened a data channel to me on my receive transport. */
export interface DataConsumerCreated {
  dataConsumerId: string;
  peerId: string;
  dataProducerId: string;
  label: string;
  protocol: string;
  sctpStreamParameters: types.SctpStreamParameters;
}

/** One of my transports lost its ICE consent or its DTLS failed: restart ICE or join again. */
export interface TransportFailed {
  transportId: string;
  reason: "dtls" | "ice";
}

/** The server is about to close this socket; `code` is an error code, `message` for people. */
export interface Closing {
  code: string;
  message: string;
}

/** Why a request was refused; `message` is a full sentence for people. */
export interface ErrorInfo {
  code: "malformedMessage" | "unknownMethod" | "invalidData" | "notJoined" | "alreadyJoined" | "ticketInvalid" | "ticketExpired" | "wrongNode" | "notFound" | "notAllowed" | "unsupportedCodec" | "nameFixed" | "nameInvalid" | "notModerator" | "notAdmitted" | "kicked" | "meetingEnded" | "roomFull" | "roomLocked" | "tooManyBroadcasters" | "chatDisabled" | "handDisabled" | "alreadyRecording" | "notRecording" | "recordingFailed" | "tooManyRequests" | "serverBusy" | "serverClosing" | "peerReplaced" | "peerIdTaken" | "internalError";
  message: string;
  data?: Record<string, unknown>;
}

export interface RequestMap {
  join: { data: Join; response: Joined };
  leave: { data: Leave; response: Done };
  ping: { data: Ping; response: Done };
  connectTransport: { data: ConnectTransport; response: Done };
  restartIce: { data: RestartIce; response: IceRestarted };
  produce: { data: Produce; response: Produced };
  pauseProducer: { data: PauseProducer; response: Done };
  resumeProducer: { data: ResumeProducer; response: Done };
  closeProducer: { data: CloseProducer; response: Done };
  pauseConsumer: { data: PauseConsumer; response: Done };
  resumeConsumer: { data: ResumeConsumer; response: Done };
  setPreferredLayers: { data: SetPreferredLayers; response: Done };
  watch: { data: Watch; response: Done };
  requestKeyFrame: { data: RequestKeyFrame; response: Done };
  reportStatistics: { data: ReportStatistics; response: Done };
  explainQuality: { data: ExplainQuality; response: QualityFigures };
  produceData: { data: ProduceData; response: DataProduced };
  setDisplayName: { data: SetDisplayName; response: Done };
  setAbsent: { data: SetAbsent; response: Done };
  raiseHand: { data: RaiseHand; response: Done };
  sendChat: { data: SendChat; response: Done };
  chooseLanguage: { data: ChooseLanguage; response: Done };
  offerHandover: { data: OfferHandover; response: Done };
  requestHandover: { data: RequestHandover; response: Done };
  acceptHandover: { data: AcceptHandover; response: Done };
  cancelHandover: { data: CancelHandover; response: Done };
  setInterpretation: { data: SetInterpretation; response: Done };
  lowerHand: { data: LowerHand; response: Done };
  stopTrack: { data: StopTrack; response: Done };
  stopAllTracks: { data: StopAllTracks; response: Done };
  allow: { data: Allow; response: Done };
  allowAll: { data: AllowAll; response: Done };
  askToTurnOn: { data: AskToTurnOn; response: Done };
  listViewers: { data: ListViewers; response: ViewerList };
  removeMessage: { data: RemoveMessage; response: Done };
  setOnStage: { data: SetOnStage; response: Done };
  admit: { data: Admit; response: Done };
  admitAll: { data: AdmitAll; response: Done };
  setWaitingRoom: { data: SetWaitingRoom; response: Done };
  setLocked: { data: SetLocked; response: Done };
  lowerAllHands: { data: LowerAllHands; response: Done };
  stopVideo: { data: StopVideo; response: Done };
  kick: { data: Kick; response: Done };
  letBack: { data: LetBack; response: Done };
  endMeeting: { data: EndMeeting; response: Done };
  startRecording: { data: StartRecording; response: Done };
  stopRecording: { data: StopRecording; response: Done };
  setMaxBitrate: { data: SetMaxBitrate; response: Done };
}

export interface NotificationMap {
  hello: Hello;
  peerJoined: PeerJoined;
  peerLeft: PeerLeft;
  peerRenamed: PeerRenamed;
  producerAdded: ProducerAdded;
  producerPaused: ProducerPaused;
  producerRemoved: ProducerRemoved;
  absenceChanged: AbsenceChanged;
  qualityChanged: QualityChanged;
  dominantSpeakerChanged: DominantSpeakerChanged;
  handChanged: HandChanged;
  viewersChanged: ViewersChanged;
  viewerJoined: ViewerJoined;
  viewerLeft: ViewerLeft;
  chatAdded: ChatAdded;
  chatCleared: ChatCleared;
  chatRemoved: ChatRemoved;
  permissionsChanged: PermissionsChanged;
  trackStopped: TrackStopped;
  askedToTurnOn: AskedToTurnOn;
  rulesChanged: RulesChanged;
  overridesChanged: OverridesChanged;
  videoUrlChanged: VideoUrlChanged;
  maxBitrateChanged: MaxBitrateChanged;
  recordingChanged: RecordingChanged;
  recordingFailed: RecordingFailed;
  recordingResumed: RecordingResumed;
  waiting: Waiting;
  knocked: Knocked;
  knockEnded: KnockEnded;
  kicked: Kicked;
  kickEnded: KickEnded;
  interpretationChanged: InterpretationChanged;
  listeningChanged: ListeningChanged;
  handoverChanged: HandoverChanged;
  handoverDue: HandoverDue;
  videoCodecChanged: VideoCodecChanged;
  consumerCreated: ConsumerCreated;
  consumerClosed: ConsumerClosed;
  consumerLayersChanged: ConsumerLayersChanged;
  producerLayersWanted: ProducerLayersWanted;
  dataConsumerCreated: DataConsumerCreated;
  transportFailed: TransportFailed;
  closing: Closing;
}
