// One participant in one room, headless: what is known, and what keeps it true. Joins, stays in through lost connections,
// and leaves.

import type { DeviceKind, ScreenTracks } from "../rtc/devices.js";
import type { Importance, Size } from "../rtc/layers.js";
import { stricter } from "../rtc/limits.js";
import { type Figures, Reporter } from "../rtc/reporter.js";
import { Session } from "../rtc/session.js";
import { Viewer } from "../rtc/viewer.js";
import type { SignalClient } from "../signal/client.js";
import { type CloseInfo, ConnectionLost, MeetError, RequestRefused } from "../signal/failures.js";
import type {
  ListeningReason,
  Method,
  Notification,
  RequestData,
  ResponseData,
  Source,
  Switchable,
} from "../signal/shapes.js";
import type { QualityFigures } from "../wire/protocol.js";
import { Emitter, type Listenable } from "./emitter.js";
import { endedBy, LEFT } from "./endings.js";
import { Entering } from "./entering.js";
import { type Entered, Entrance } from "./entrance.js";
import type { RoomEvents } from "./events.js";
import { emit, happeningOf, happenings } from "./happenings.js";
import { type InterpreterActions, interpreterBy } from "./interpreter.js";
import { Listening } from "./listening.js";
import { type Moderator, moderatorBy } from "./moderator.js";
import { decided } from "./permitted.js";
import { lent, type Platform } from "./platform.js";
import { Presence } from "./presence.js";
import {
  afterClose,
  CONNECTION_LOST,
  ENTRY_WINDOW_MS,
  type Ending,
  RECONNECT_WINDOW_MS,
  RETURN_SPREAD_MS,
} from "./reconnect.js";
import { type Action, initialState, reduce, type StoreState } from "./reducer.js";
import { Sending } from "./sending.js";
import type { RoomState } from "./state.js";
import { Watching } from "./watching.js";
import type { Way } from "./way.js";

/** How long `leave` waits for the server to take note. */
const GOODBYE_MS = 1_000;

/** Connects in the background as soon as it is made, so that `join` has little left to do. */
export class Room implements Listenable<RoomEvents> {
  /** What only moderators may do; for others each is refused. */
  readonly moderator: Moderator = moderatorBy((method, data) => this.request(method, data));
  /** What interpreters of one language agree on. */
  readonly interpreter: InterpreterActions = interpreterBy((method, data) => this.request(method, data));
  #state: StoreState;
  readonly #events = new Emitter<RoomEvents>();
  readonly #states = new Emitter<{ changed: RoomState }>();
  readonly #platform: Platform;
  readonly #endListening: () => void;
  #closed = false;
  readonly #entrance: Entrance;
  readonly #sending: Sending;
  readonly #viewer: Viewer;
  readonly #watching: Watching;
  readonly #presence: Presence;
  readonly #reporter: Reporter;
  readonly #listening: Listening;
  readonly #streams = new Map<string, MediaStream>();
  #client: SignalClient | null = null;
  #session: Session | null = null;
  /** Counts entries and exits: what was begun under another number is void. */
  #stay = 0;
  #entering: Entering | null = null;
  #ownMaxBitrateBps = 0;

  constructor(way: Way, lender: Platform) {
    const { platform, end } = lent(lender);
    this.#endListening = end;
    this.#state = initialState(way);
    this.#platform = platform;
    this.#entrance = new Entrance(way, platform);
    this.#viewer = new Viewer(platform.clock);
    this.#watching = new Watching(platform.clock, {
      peers: () => this.#state.peers,
      watch: (producerIds) => this.#client?.tell("watch", { producerIds }),
    });
    this.#reporter = new Reporter(platform.clock, () => this.#state.me.viewer);
    this.#sending = new Sending(platform, this.#events, {
      permissions: () => this.#state.me.permissions,
      local: (source) => this.#state.local[source],
      localChanged: (source, local) => this.#dispatch({ type: "localChanged", source, local }),
      devicesChanged: (devices) => this.#dispatch({ type: "devicesChanged", devices }),
      refused: (error) => this.#refused(error),
    });
    this.#listening = new Listening(platform.clock, {
      choose: (language) => this.#client?.tell("chooseLanguage", { language }),
      lost: (language) => this.#hears("", language, "lost"),
      preselected: (language) => this.#hears(language, language, "preselected"),
    });
    this.#presence = new Presence(platform.clock, {
      hidden: platform.hidden,
      absent: () => {
        const { viewer, absent } = this.#state.me;
        return viewer ? null : absent;
      },
      tell: (absent) => this.#client?.tell("setAbsent", { absent }),
    });
    platform.onPageHide(() => this.#client?.tell("leave", {}));
    platform.onNetwork(() => {
      this.#client?.doubt();
      const entering = this.#entering; // not one that begins meanwhile
      platform.clock.after(platform.random() * RETURN_SPREAD_MS, () => entering?.hurry());
    });
    platform.onVisibility(() => {
      this.#client?.doubt(); // the machine may have slept
      this.#presence.changed();
      if (!platform.hidden()) {
        this.#sending.shown();
      }
    });
    this.#entrance.prewarm();
  }

  /** What is known: a value that is replaced and never changed. */
  get state(): RoomState {
    return this.#state;
  }

  /** Hear of each new state; returns what ends it. */
  subscribe(listener: (state: RoomState) => void): () => void {
    return this.#states.on("changed", listener);
  }

  /** Hear what happens; returns what ends it. */
  on<E extends keyof RoomEvents>(name: E, handler: (data: RoomEvents[E]) => void): () => void {
    return this.#events.on(name, handler);
  }

  /**
   * Come in, or in again after `left` or `closed`. Resolves when that is decided: `state.phase` tells how. A name that is
   * fixed or empty changes nothing.
   */
  async join(displayName = ""): Promise<void> {
    if (this.#closed) {
      throw new MeetError("closed", "This room has been closed: open it anew.");
    }
    const { phase, me } = this.#state;
    if (phase !== "welcome" && phase !== "left" && phase !== "closed") {
      return;
    }
    if (!me.nameFixed && displayName.trim() !== "") {
      this.#dispatch({ type: "nameChosen", displayName: displayName.trim() });
    }
    this.#dispatch({ type: "phaseChanged", phase: "joining" });
    this.#sending.again();
    await this.#enterWithin(ENTRY_WINDOW_MS);
  }

  /** Go out; `join` comes in again. */
  async leave(): Promise<void> {
    const client = this.#client;
    const { phase } = this.#state;
    this.#goOut();
    this.#dispatch({ type: "phaseChanged", phase: "left" });
    if (phase !== "welcome" && phase !== "left" && phase !== "closed") {
      this.#events.emit("ended", LEFT);
      this.#events.emit("connectionClosed", {});
    }
    if (client !== null) {
      client.tell("leave", {});
      const cancel = this.#platform.clock.after(GOODBYE_MS, () => client.close());
      await client.closed;
      cancel();
    }
  }

  /** Go out for good: no connection is kept, and nothing listened to. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endListening();
    this.#sending.close();
    this.#entrance.cool();
    await this.leave();
  }

  /**
   * Send a microphone's sound: the device's, or this track, which is then sent whenever it is on. Rejects with
   * `DeviceError`, or `RequestRefused` where that is not allowed.
   */
  enableMic(track?: MediaStreamTrack): Promise<void> {
    return this.#sending.enable("mic", track);
  }

  disableMic(): Promise<void> {
    return this.#sending.disable("mic");
  }

  /** Likewise a camera's picture. */
  enableWebcam(track?: MediaStreamTrack): Promise<void> {
    return this.#sending.enable("camera", track);
  }

  disableWebcam(): Promise<void> {
    return this.#sending.disable("camera");
  }

  /**
   * Likewise a screen with its sound. Without `tracks`, those that were given before are sent again while they are live,
   * else the person chooses; rejects with the code `denied` when they choose none.
   */
  async enableShare(tracks?: ScreenTracks): Promise<void> {
    await this.#sending.enable("screen", tracks?.video, tracks?.audio);
  }

  disableShare(): Promise<void> {
    return this.#sending.disable("screen");
  }

  /** Do what a moderator asked for, or don't; nobody hears of it. */
  async answer(device: Switchable, on: boolean): Promise<void> {
    this.#dispatch({ type: "answered", device });
    if (on) {
      await this.#sending.enable(device);
    }
  }

  /** Rejects with `RequestRefused`; while there is no connection, the next one brings it. */
  async changeDisplayName(name: string): Promise<void> {
    const displayName = name.trim();
    if (displayName === "" || this.#state.me.nameFixed) {
      return;
    }
    if (this.#client !== null) {
      try {
        await this.request("setDisplayName", { displayName });
        return;
      } catch (error) {
        if (error instanceof RequestRefused) {
          throw error;
        }
      }
    }
    this.#dispatch({ type: "nameChosen", displayName });
  }

  /** Write to everybody. Rejects as `request` does. */
  async sendChat(text: string): Promise<void> {
    await this.request("sendChat", { text: text.trim() });
  }

  async raiseHand(raised = true): Promise<void> {
    await this.request("raiseHand", { raised });
  }

  /** Hear the interpreters of this language (BCP 47) beside the original, or (empty) the original only. */
  async setInterpretationLanguage(code: string): Promise<void> {
    this.#listening.forget();
    await this.request("chooseLanguage", { language: code });
  }

  /** Limits what I send of video, in bits/s, 0 for no limit; a moderator's limit counts for everybody in the room. */
  async setBitrate(bitrateBps: number): Promise<void> {
    if (this.#state.me.permissions.moderate) {
      await this.request("setMaxBitrate", { bitrateBps });
    } else {
      this.#ownMaxBitrateBps = bitrateBps;
      this.#limitBitrate();
    }
  }

  /** Use this device from now on. */
  changeDevice(kind: DeviceKind, id: string): Promise<void> {
    return this.#sending.change(kind, id);
  }

  /** Change to the camera that looks the other way, or the next one; resolves with whether there is another. */
  otherCamera(): Promise<boolean> {
    return this.#sending.otherCamera(this.#state);
  }

  /** Ask the platform again which devices there are (also happens by itself on `devicechange`). */
  refreshDevices(): Promise<void> {
    return this.#sending.refresh();
  }

  /**
   * At which size in pixels a video is shown, or null for not at all: the smallest layer that fills it is received, or
   * nothing. What nothing was said of is taken to be 640 × 360.
   */
  show(peerId: string, source: Source, size: Size | null, importance?: Importance): void {
    this.#viewer.show(peerId, source, size, importance);
    this.#watching.show(peerId, source, size !== null);
  }

  /** What was counted in the last seconds; renewed every 5 s. */
  get figures(): Figures {
    return this.#reporter.figures;
  }

  /** All that WebRTC counts of both ways, as `RTCStatsReport`s; null for a way that there is not. */
  async statistics(): Promise<{ send: RTCStatsReport | null; recv: RTCStatsReport | null }> {
    return (await this.#session?.statistics()) ?? { send: null, recv: null };
  }

  /** What the node knows of somebody's connection; null where it can't tell. */
  async explainQuality(peerId: string): Promise<QualityFigures | null> {
    try {
      return (await this.#client?.request("explainQuality", { peerId })) ?? null;
    } catch {
      return null; // they have left, or the connection is lost
    }
  }

  /** Ask the room for anything in its protocol. Rejects with `RequestRefused`, `NoAnswer` or `ConnectionLost`. */
  async request<M extends Method>(method: M, data: RequestData<M>): Promise<ResponseData<M>> {
    if (this.#client === null) {
      throw new ConnectionLost();
    }
    try {
      return await this.#client.request(method, data);
    } catch (error) {
      this.#refused(error);
      throw error;
    }
  }

  // --- in and out ---

  async #enterWithin(windowMs: number): Promise<void> {
    const stay = ++this.#stay;
    const { clock, random } = this.#platform;
    this.#entering = new Entering({
      entrance: this.#entrance,
      clock,
      random,
      displayName: () => this.#state.me.displayName,
      wanted: () => stay === this.#stay,
      onWaiting: () => this.#dispatch({ type: "notified", notification: { event: "waiting", data: {} } }),
    });
    const entry = await this.#entering.run(windowMs, this.#state.phase === "reconnecting");
    switch (entry.kind) {
      case "in":
        this.#goIn(entry.entered);
        break;
      case "over":
        this.#end(entry.ending);
        break;
      case "void":
        entry.entered?.client.tell("leave", {});
        entry.entered?.client.close();
    }
    if (this.#closed) {
      this.#entrance.cool(); // a refusal keeps its connection for another try
    }
  }

  #goIn({ client, device, joined, iceServers }: Entered): void {
    const before = this.#state.me;
    const handWasUp = before.handRaisedAt !== null; // before the connection was lost
    this.#session?.close();
    this.#forgetStreams();
    const session = new Session(device, joined, iceServers, client, this.#platform.clock, {
      onTrack: (created, track, spatialLayers, receiver) => {
        const stream = this.#platform.newStream(track, receiver);
        const { consumerId, peerId, source } = created;
        this.#streams.set(consumerId, stream);
        this.#dispatch({ type: "streamChanged", consumerId, stream });
        this.#viewer.arrived({ ...created, track, spatialLayers });
        const displayName = this.#state.peers.find(({ id }) => id === peerId)?.displayName ?? "";
        this.#events.emit("track", { peerId, displayName, source, track, stream });
      },
      onDead: () => client.close(),
      onUnreachable: () => this.#events.emit("mediaBlocked", {}),
      onInterrupted: () => client.doubt(),
    });
    this.#client = client;
    this.#session = session;
    this.#viewer.reset(client);
    this.#watching.reset();
    this.#reporter.start(session, client);
    this.#dispatch({ type: "entered", joined });
    client.onEvery((notification) => this.#notified(client, session, notification));
    client.onQuiet(() => void this.#tryBeside(client, session));
    void client.closed.then((info) => this.#lost(client, info));
    this.#limitBitrate();
    // Of what was off anyway, the switches say enough.
    this.#permit(decided(before, this.#state.me).taken.filter((device) => this.#sending.isOn(device)));
    // What others send comes first: it is what one waits for, and all negotiations share one thread.
    void Promise.all(joined.consumers.map((created) => session.consume(created))).then(() => {
      if (session === this.#session) {
        this.#sending.attach(session, this.#state.videoCodec);
      }
    });
    if (handWasUp) {
      client.tell("raiseHand", { raised: true });
    }
    const { me, interpretation } = this.#state;
    this.#listening.entered(me.listening, interpretation.languages);
  }

  #notified(client: SignalClient, session: Session, notification: Notification): void {
    if (client !== this.#client) {
      return;
    }
    const before = this.#state;
    this.#dispatch({ type: "notified", notification });
    const said = happeningOf(notification);
    if (said !== null) {
      emit(this.#events, said);
    }
    const { event, data } = notification;
    switch (event) {
      case "consumerCreated":
        void session.consume(data);
        break;
      case "consumerClosed":
        this.#forgetStream(data.consumerId);
        this.#viewer.gone(data.consumerId);
        session.closeConsumer(data.consumerId);
        break;
      case "consumerLayersChanged":
        this.#viewer.layerChanged(data.consumerId);
        break;
      case "producerLayersWanted":
        session.setLayersWanted(data.producerId, data.spatialLayers, data.maxBitrates);
        break;
      case "videoCodecChanged":
        this.#sending.attach(session, data.mimeType);
        break;
      case "permissionsChanged": {
        const { taken, given } = decided(before.me, this.#state.me);
        this.#permit(taken, given);
        break;
      }
      case "maxBitrateChanged":
        this.#limitBitrate();
        break;
      case "trackStopped":
        this.#sending.stopped(data.device);
        break;
      case "interpretationChanged":
        this.#listening.available(this.#state.interpretation.languages);
        break;
      case "listeningChanged":
        this.#listening.settled();
        this.#hears(data.language, data.language || before.me.listening, data.reason);
        break;
      case "handoverDue":
        void this.#handOver(data.giver, data.taker);
        break;
      case "transportFailed":
        session.transportFailed(data);
        break;
    }
  }

  /**
   * The line is quiet. Where a new one is answered and the old one isn't, while nothing of the others comes either, the
   * way of the old one is gone; where media comes, TCP will bring the rest in a moment.
   */
  async #tryBeside(client: SignalClient, session: Session): Promise<void> {
    if (client !== this.#client || !(await this.#entrance.tryAgain()) || client !== this.#client) {
      return;
    }
    if (!session.flows) {
      client.giveUpQuiet();
    }
    if (client.usable) {
      this.#entrance.cool();
    }
  }

  #lost(client: SignalClient, info: CloseInfo): void {
    if (client !== this.#client) {
      return;
    }
    this.#client = null;
    this.#reporter.stop();
    this.#listening.interrupted(this.#state.me.listening);
    this.#session?.abandon(); // its pictures stand still until the next session replaces them
    this.#sending.attach(null, null);
    const verdict = afterClose(info);
    if (verdict.kind === "over") {
      this.#end(verdict.ending);
    } else {
      this.#dispatch({ type: "phaseChanged", phase: "reconnecting" });
      this.#events.emit("disconnected", {});
      void this.#enterWithin(RECONNECT_WINDOW_MS);
    }
  }

  #end(ending: Ending): void {
    const { phase, me } = this.#state;
    if (ending.code === "kicked") {
      this.#entrance.removed();
    }
    this.#goOut();
    this.#dispatch({ type: "closed", ...ending });
    this.#events.emit("ended", endedBy(ending));
    if (phase === "joining" && ending === CONNECTION_LOST) {
      this.#events.emit("connectionFailed", {});
    }
    this.#events.emit("connectionError", { peerId: me.peerId, code: ending.code, message: ending.message });
  }

  /** Stop everything; what was on comes back with the next `join`. */
  #goOut(): void {
    this.#stay += 1;
    if (this.#state.phase === "waiting") {
      this.#entrance.giveUp();
    }
    this.#client = null;
    this.#session?.close();
    this.#session = null;
    this.#viewer.reset(null);
    this.#reporter.stop();
    this.#listening.forget();
    this.#forgetStreams();
    this.#sending.stop();
    this.#entering?.hurry();
  }

  // --- what the room lets me do ---

  /** Only what I may send may be on. A viewer who has just come on stage is here again, too. */
  #permit(taken: readonly Switchable[], given: readonly Switchable[] = []): void {
    this.#sending.allow(this.#state.me.permissions);
    this.#presence.changed();
    if (taken.length > 0 || given.length > 0) {
      this.#events.emit("permissionsChanged", { taken: [...taken], given: [...given] });
    }
  }

  #limitBitrate(): void {
    this.#session?.setMaxBitrate(stricter(this.#ownMaxBitrateBps, this.#state.maxBitrateBps));
  }

  /** What I hear has changed; it is about the language `about`. */
  #hears(language: string, about: string, reason: ListeningReason): void {
    this.#events.emit("interpretationLanguage", {
      code: language,
      reason,
      name: this.#listening.nameOf(about),
    });
  }

  /** One interpreter takes over from another: each turns their own microphone on or off. */
  async #handOver(giver: string, taker: string): Promise<void> {
    const { peerId } = this.#state.me;
    if (peerId === taker) {
      await this.#sending.enable("mic").catch(() => {}); // `sourceFailed` tells
    } else if (peerId === giver) {
      await this.#sending.disable("mic");
    }
  }

  // --- small things ---

  #refused(error: unknown): void {
    if (error instanceof RequestRefused) {
      this.#events.emit("connectionError", {
        peerId: this.#state.me.peerId,
        code: error.code,
        message: error.message,
      });
    }
  }

  #dispatch(action: Action): void {
    const before = this.#state;
    const after = reduce(before, action);
    if (after !== before) {
      this.#state = after;
      this.#states.emit("changed", after);
    }
    if (after.peers !== before.peers) {
      this.#watching.changed();
    }
    for (const happening of happenings(before, after)) {
      emit(this.#events, happening);
    }
  }

  #forgetStream(consumerId: string): void {
    const stream = this.#streams.get(consumerId);
    if (stream !== undefined) {
      this.#streams.delete(consumerId);
      this.#events.emit("trackEnded", { stream });
    }
  }

  #forgetStreams(): void {
    for (const consumerId of [...this.#streams.keys()]) {
      this.#forgetStream(consumerId);
    }
  }
}
