// The meeting: the page's state, and what keeps it true. Joins, stays in through lost connections, and leaves.

import { type Signal, signal } from "@preact/signals";
import { otherCamera } from "../rtc/devices";
import type { Importance, Size } from "../rtc/layers";
import { LevelMeter } from "../rtc/level";
import { stricter } from "../rtc/limits";
import { type Figures, Reporter } from "../rtc/reporter";
import { Session } from "../rtc/session";
import { Viewer } from "../rtc/viewer";
import type { SignalClient } from "../signal/client";
import { type CloseInfo, ConnectionLost, RequestRefused } from "../signal/failures";
import type {
  ListeningReason,
  Method,
  Notification,
  RequestData,
  ResponseData,
  Source,
  Switchable,
} from "../signal/shapes";
import type { Boot } from "../wire/boot";
import type { QualityFigures } from "../wire/protocol";
import { DeviceWatch } from "./deviceWatch";
import { Emitter } from "./emitter";
import { endedBy, LEFT } from "./endings";
import { type Entered, Entrance } from "./entrance";
import { browserEnvironment, type Environment } from "./environment";
import { emit, happenings, isInside } from "./happenings";
import { interpreterBy } from "./interpreter";
import { Listening } from "./listening";
import type { Captured } from "./lostDevices";
import { moderatorBy } from "./moderator";
import {
  allowedNotice,
  type DeviceNews,
  deviceNotice,
  deviceNotices,
  forbiddenNotice,
  listeningNotice,
  NO_SUCH_LANGUAGE,
  noticeOf,
  recordingNotice,
  stoppedNotice,
} from "./notices";
import { maySend, OwnSources } from "./own";
import { decided, isForbidden } from "./permitted";
import { Presence } from "./presence";
import {
  afterClose,
  afterFailure,
  CONNECTION_LOST,
  delayMs,
  ENTRY_WINDOW_MS,
  type Ending,
  RECONNECT_WINDOW_MS,
  RETURN_SPREAD_MS,
} from "./reconnect";
import { type Action, initialState, reduce, type StoreState } from "./reducer";
import type { DeviceKind, InterpreterActions, Meeting, MeetingEvents, Moderator, Notice } from "./types";
import { Watching } from "./watching";

const NOTICE_MS = 6_000;
/** How long `leave` waits for the server to take note. */
const GOODBYE_MS = 1_000;

/** A page's meeting, on the welcome screen, connecting in the background already. */
export function createMeeting(boot: Boot, environment: Environment = browserEnvironment()): Meeting {
  for (const warning of boot.warnings) {
    console.warn(`meet: ${warning}`);
  }
  return new RoomMeeting(boot, environment);
}

class RoomMeeting implements Meeting {
  readonly state: Signal<StoreState>;
  readonly events = new Emitter<MeetingEvents>();
  readonly moderator: Moderator = moderatorBy((method, data) => this.#ask(method, data));
  readonly interpreter: InterpreterActions = interpreterBy((method, data) => this.#try(method, data));
  readonly #environment: Environment;
  readonly #entrance: Entrance;
  readonly #own: OwnSources;
  readonly #viewer: Viewer;
  readonly #watching: Watching;
  readonly #presence: Presence;
  readonly #reporter: Reporter;
  readonly #meter = new LevelMeter();
  readonly #deviceWatch: DeviceWatch;
  readonly #listening: Listening;
  readonly #streams = new Map<string, MediaStream>();
  #client: SignalClient | null = null;
  #session: Session | null = null;
  /** Counts entries and exits: what was begun under another number is void. */
  #stay = 0;
  #endWait: () => void = () => {};
  #onAgain: Source[] = [];
  /** The language that I listened to when the connection was lost; empty for none. */
  #heard = "";
  #ownMaxBitrateBps = 0;
  #lastNoticeId = 0;

  constructor(boot: Boot, environment: Environment) {
    this.state = signal(initialState(boot));
    this.#environment = environment;
    this.#entrance = new Entrance(boot, environment);
    this.#viewer = new Viewer(environment.clock);
    this.#watching = new Watching(environment.clock, {
      peers: () => this.state.peek().peers,
      watch: (producerIds) => this.#client?.tell("watch", { producerIds }),
    });
    this.#reporter = new Reporter(environment.clock, () => this.state.peek().me.viewer);
    this.#own = new OwnSources(environment.devices, environment.newStream, {
      onChanged: (source, local) => {
        const before = this.state.peek().local[source];
        this.#dispatch({ type: "localChanged", source, local });
        this.#deviceWatch.changed(source, before, local);
      },
      onCaptured: () => void this.refreshDevices(),
      onFailed: (source, error) => {
        const lost = this.#deviceWatch.failed(source, error);
        if (!lost && isInside(this.state.peek())) {
          this.#failed(error, source); // before, the welcome screen explains it at length
        }
      },
      onLost: (source, deviceId) => this.#deviceWatch.lost(source, deviceId),
      onStarved: (source, starved) => this.#deviceWatch.starved(source, starved),
    });
    this.#deviceWatch = new DeviceWatch(environment.clock, environment.hidden, {
      isOn: (source) => this.#own.isOn(source),
      turnOn: (source) => this.#own.set(source, true),
      captureAnew: (source) => this.#own.deviceChanged(source),
      tell: (source, news) => this.#deviceNotice(source, news),
      untell: (source) => this.#withdraw(deviceNotice(source, "taken")),
    });
    this.#listening = new Listening(environment.clock, {
      choose: (language) => this.#client?.tell("chooseLanguage", { language }),
      lost: (language) => this.#hears("", language, "lost"),
    });
    this.#presence = new Presence(environment.clock, {
      hidden: environment.hidden,
      absent: () => {
        const { viewer, absent } = this.state.peek().me;
        return viewer ? null : absent;
      },
      tell: (absent) => this.#client?.tell("setAbsent", { absent }),
    });
    environment.onPageHide(() => this.#client?.tell("leave", {}));
    environment.onNetwork(() => {
      this.#client?.doubt();
      environment.clock.after(environment.random() * RETURN_SPREAD_MS, this.#endWait);
    });
    environment.onVisibility(() => {
      this.#client?.doubt(); // the machine may have slept
      this.#presence.changed();
      if (!environment.hidden()) {
        this.#deviceWatch.shown();
      }
    });
    environment.devices.onChange(() => void this.refreshDevices());
    void this.refreshDevices();
    this.#entrance.prewarm();
  }

  async join(displayName: string): Promise<void> {
    const { phase, me } = this.state.peek();
    if (phase !== "welcome" && phase !== "left" && phase !== "closed") {
      return;
    }
    if (!me.nameFixed && displayName.trim() !== "") {
      this.#dispatch({ type: "nameChosen", displayName: displayName.trim() });
    }
    this.#dispatch({ type: "phaseChanged", phase: "joining" });
    for (const source of this.#onAgain.splice(0)) {
      void this.#own.set(source, true);
    }
    await this.#enterWithin(ENTRY_WINDOW_MS);
  }

  async leave(): Promise<void> {
    const client = this.#client;
    const { phase } = this.state.peek();
    this.#goOut();
    this.#dispatch({ type: "phaseChanged", phase: "left" });
    if (phase !== "welcome" && phase !== "left" && phase !== "closed") {
      this.events.emit("ended", LEFT);
      this.events.emit("connectionClosed", {});
    }
    if (client !== null) {
      client.tell("leave", {});
      const cancel = this.#environment.clock.after(GOODBYE_MS, () => client.close());
      await client.closed;
      cancel();
    }
  }

  setMic(on: boolean): Promise<void> {
    return this.#switch("mic", on);
  }

  setCamera(on: boolean): Promise<void> {
    return this.#switch("camera", on);
  }

  setScreen(on: boolean): Promise<void> {
    return this.#switch("screen", on);
  }

  async answer(device: Switchable, on: boolean): Promise<void> {
    this.#dispatch({ type: "answered", device });
    if (on) {
      await this.#switch(device, true);
    }
  }

  async setDisplayName(name: string): Promise<void> {
    const displayName = name.trim();
    if (displayName === "" || this.state.peek().me.nameFixed) {
      return;
    }
    if (this.#client === null) {
      this.#dispatch({ type: "nameChosen", displayName });
      return;
    }
    try {
      await this.#ask("setDisplayName", { displayName });
    } catch (error) {
      if (error instanceof RequestRefused) {
        this.#notice("error", "notice.nameRefused");
      } else {
        this.#dispatch({ type: "nameChosen", displayName }); // the next entry brings it
      }
    }
  }

  async sendChat(text: string): Promise<boolean> {
    return text.trim() !== "" && (await this.#try("sendChat", { text: text.trim() }));
  }

  async raiseHand(raised: boolean): Promise<void> {
    await this.#try("raiseHand", { raised });
  }

  async chooseLanguage(tag: string): Promise<void> {
    this.#heard = "";
    this.#listening.settled();
    try {
      await this.#ask("chooseLanguage", { language: tag });
    } catch (error) {
      const gone = error instanceof RequestRefused && error.code === "notFound";
      this.#notice("error", gone ? NO_SUCH_LANGUAGE : noticeOf(error));
    }
  }

  async setMaxBitrate(bitrateBps: number): Promise<void> {
    if (this.state.peek().me.permissions.moderate) {
      await this.#try("setMaxBitrate", { bitrateBps });
    } else {
      this.#ownMaxBitrateBps = bitrateBps;
      this.#limitBitrate();
    }
  }

  async chooseDevice(kind: DeviceKind, id: string): Promise<void> {
    this.#environment.devices.choose(kind, id);
    await this.refreshDevices();
    if (kind !== "speaker") {
      const source = kind === "microphone" ? "mic" : "camera";
      this.#deviceWatch.decided(source);
      await this.#own.deviceChanged(source);
    }
  }

  async otherCamera(): Promise<boolean> {
    const { devices, local } = this.state.peek();
    const access = this.#environment.devices;
    const settings = local.camera.stream?.getVideoTracks()[0]?.getSettings() ?? {
      ...(access.facing && { facingMode: access.facing }),
      ...(devices.selected.camera && { deviceId: devices.selected.camera }),
    };
    const other = otherCamera(settings, devices.camera);
    if (other === null) {
      return false;
    }
    if ("id" in other) {
      await this.chooseDevice("camera", other.id);
      return true;
    }
    access.face(other.facing);
    this.#deviceWatch.decided("camera");
    await this.#own.deviceChanged("camera");
    return true;
  }

  async refreshDevices(): Promise<void> {
    const devices = await this.#environment.devices.list();
    this.#dispatch({ type: "devicesChanged", devices });
    await this.#deviceWatch.listed(devices);
  }

  show(peerId: string, source: Source, size: Size | null, importance?: Importance): void {
    this.#viewer.show(peerId, source, size, importance);
    this.#watching.show(peerId, source, size !== null);
  }

  get figures(): Figures {
    return this.#reporter.figures;
  }

  async explainQuality(peerId: string): Promise<QualityFigures | null> {
    try {
      return (await this.#client?.request("explainQuality", { peerId })) ?? null;
    } catch {
      return null; // they have left, or the connection is lost
    }
  }

  dismissNotice(id: number): void {
    this.#dispatch({ type: "noticeDismissed", id });
  }

  level(stream: MediaStream): (() => number) | null {
    return this.#meter.level(stream);
  }

  // --- in and out ---

  /** Try to enter until it succeeds, is refused for good, or has taken too long; time at the door does not count. */
  async #enterWithin(firstWindowMs: number): Promise<void> {
    const { clock, random } = this.#environment;
    const stay = ++this.#stay;
    let startedAtMs = clock.now();
    let windowMs = firstWindowMs;
    let waited = false;
    const back = this.state.peek().phase === "reconnecting";
    let newTicket = back; // the room may live on another node by now
    let tookMs = 0;
    let refusals = 0;
    for (let attempt = 0; ; attempt++) {
      if (back || attempt > 0) {
        await this.#wait(delayMs(back ? attempt : attempt - 1, random(), tookMs));
      }
      if (stay !== this.#stay) {
        return;
      }
      const begunAtMs = clock.now();
      try {
        const { displayName } = this.state.peek().me;
        const entered = await this.#entrance.enter(displayName, newTicket, () => {
          if (stay === this.#stay) {
            waited = true;
            this.#dispatch({ type: "notified", notification: { event: "waiting", data: {} } });
          }
        });
        if (stay === this.#stay) {
          this.#goIn(entered);
        } else {
          entered.client.tell("leave", {});
          entered.client.close();
        }
        return;
      } catch (error) {
        if (stay !== this.#stay) {
          return;
        }
        const verdict = afterFailure(error, refusals);
        refusals += error instanceof RequestRefused ? 1 : 0;
        if (verdict.kind === "over") {
          this.#end(verdict.ending);
          return;
        }
        newTicket = verdict.newTicket;
        tookMs = clock.now() - begunAtMs;
        if (waited) {
          waited = false;
          startedAtMs = clock.now();
          windowMs = RECONNECT_WINDOW_MS;
        }
      }
      if (clock.now() - startedAtMs >= windowMs) {
        this.#end(CONNECTION_LOST);
        return;
      }
    }
  }

  #goIn({ client, device, joined, iceServers }: Entered): void {
    const before = this.state.peek().me;
    const handWasUp = before.handRaisedAt !== null; // before the connection was lost
    this.#session?.close();
    this.#forgetStreams();
    const session = new Session(device, joined, iceServers, client, this.#environment.clock, {
      onTrack: (created, track, spatialLayers, receiver) => {
        const stream = this.#environment.newStream(track);
        if (receiver !== undefined && created.kind === "audio") {
          this.#meter.received(stream, receiver);
        }
        this.#streams.set(created.consumerId, stream);
        this.#dispatch({ type: "streamChanged", consumerId: created.consumerId, stream });
        this.#viewer.arrived({ ...created, track, spatialLayers });
      },
      onDead: () => client.close(),
      onUnreachable: () => this.#notice("warning", "notice.mediaBlocked"),
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
    this.#permit(decided(before, this.state.peek().me).taken.filter((device) => this.#own.isOn(device)));
    // What others send comes first: it is what one waits for, and all negotiations share one thread.
    void Promise.all(joined.consumers.map((created) => session.consume(created))).then(() => {
      if (session === this.#session) {
        this.#own.attach(session, this.state.peek().videoCodec);
      }
    });
    if (handWasUp) {
      client.tell("raiseHand", { raised: true });
    }
    this.#listenAgain();
  }

  /** To what I heard before, which the server knows itself as a rule; or to what my link asks for. */
  #listenAgain(): void {
    const heard = this.#heard;
    this.#heard = "";
    const { me, interpretation } = this.state.peek();
    if (heard !== "" && me.listening === "") {
      this.#listening.missed(heard);
    }
    this.#listening.available(interpretation.languages);
    if (heard === "" && me.listening !== "") {
      this.#hears(me.listening, me.listening, "preselected");
    }
  }

  #notified(client: SignalClient, session: Session, notification: Notification): void {
    if (client !== this.#client) {
      return;
    }
    const before = this.state.peek();
    this.#dispatch({ type: "notified", notification });
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
        this.#own.attach(session, data.mimeType);
        break;
      case "permissionsChanged": {
        const { taken, given } = decided(before.me, this.state.peek().me);
        this.#permit(taken, given);
        break;
      }
      case "askedToTurnOn":
        this.#withdraw(allowedNotice(data.device)); // the question says as much
        break;
      case "maxBitrateChanged":
        this.#limitBitrate();
        break;
      case "trackStopped":
        this.#trackStopped(data.device);
        break;
      case "viewerJoined":
      case "viewerLeft":
        this.events.emit(event, data);
        break;
      case "recordingFailed":
        this.#notice("error", recordingNotice(data.problem));
        break;
      case "recordingResumed":
        this.#notice("info", "notice.recording.resumed");
        break;
      case "interpretationChanged":
        this.#listening.available(this.state.peek().interpretation.languages);
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
    this.#heard = this.state.peek().me.listening || this.#listening.awaited;
    this.#client = null;
    this.#reporter.stop();
    this.#listening.settled();
    this.#session?.abandon(); // its pictures stand still until the next session replaces them
    this.#own.attach(null, null);
    const verdict = afterClose(info);
    if (verdict.kind === "over") {
      this.#end(verdict.ending);
    } else {
      this.#dispatch({ type: "phaseChanged", phase: "reconnecting" });
      this.events.emit("disconnected", {});
      void this.#enterWithin(RECONNECT_WINDOW_MS);
    }
  }

  #end(ending: Ending): void {
    const { phase, me } = this.state.peek();
    if (ending.code === "kicked") {
      this.#entrance.removed();
    }
    this.#goOut();
    this.#dispatch({ type: "closed", ...ending });
    this.events.emit("ended", endedBy(ending));
    if (phase === "joining" && ending === CONNECTION_LOST) {
      this.events.emit("connectionFailed", {});
    }
    this.events.emit("error", { peerId: me.peerId, code: ending.code, message: ending.message });
  }

  /** Stop everything; what was on comes back with the next `join`. */
  #goOut(): void {
    this.#stay += 1;
    if (this.state.peek().phase === "waiting") {
      this.#entrance.giveUp();
    }
    this.#client = null;
    this.#session?.close();
    this.#session = null;
    this.#viewer.reset(null);
    this.#reporter.stop();
    this.#listening.settled();
    this.#heard = "";
    this.#forgetStreams();
    this.#onAgain = (["mic", "camera"] as const).filter((source) => this.#own.isOn(source));
    this.#own.attach(null, null);
    for (const source of ["mic", "camera", "screen", "screenAudio"] as const) {
      void this.#own.set(source, false);
    }
    this.#endWait();
  }

  // --- what the room lets me do ---

  /** Only what I may send may be on. A viewer who has just come on stage is here again, too. */
  #permit(taken: readonly Switchable[], given: readonly Switchable[] = []): void {
    this.#own.allow(this.state.peek().me.permissions);
    this.#presence.changed();
    for (const device of taken) {
      this.#withdraw(stoppedNotice(device), allowedNotice(device));
      this.#notice("warning", forbiddenNotice(device));
    }
    for (const device of given) {
      this.#withdraw(forbiddenNotice(device));
      this.#notice("info", allowedNotice(device));
    }
  }

  #limitBitrate(): void {
    this.#session?.setMaxBitrate(stricter(this.#ownMaxBitrateBps, this.state.peek().maxBitrateBps));
  }

  /** A moderator has turned it off: so be it here too, down to the camera's light. */
  #trackStopped(device: Switchable): void {
    this.#deviceWatch.decided(device);
    if (this.#own.isOn(device)) {
      void this.#own.set(device, false);
      this.#notice("info", stoppedNotice(device));
    }
  }

  #deviceNotice(source: Captured, news: DeviceNews): void {
    if (isInside(this.state.peek())) {
      this.#withdraw(...deviceNotices(source));
      this.#notice(news === "back" ? "info" : "warning", deviceNotice(source, news));
    }
  }

  async #switch(source: Source, on: boolean): Promise<void> {
    const { me } = this.state.peek();
    this.#deviceWatch.decided(source);
    if (on && !maySend(source, me.permissions)) {
      const refusal = new RequestRefused("notAllowed", "You may not turn this on here.");
      this.#refused(refusal);
      const forbidden = source !== "screenAudio" && isForbidden(source, me);
      this.#notice("error", forbidden ? forbiddenNotice(source) : noticeOf(refusal));
      return;
    }
    this.#onAgain = this.#onAgain.filter((other) => other !== source);
    await this.#own.set(source, on);
  }

  /** What I hear has changed; who has chosen it themselves need not be told. The notice is about the language `about`. */
  #hears(language: string, about: string, reason: ListeningReason): void {
    if (reason !== "chosen") {
      const level = reason === "preselected" ? "info" : "warning";
      this.#notice(level, listeningNotice(reason), { language: this.#listening.nameOf(about) });
    }
    this.events.emit("listeningChanged", { language, reason });
  }

  /** One interpreter takes over from another: each page turns its own microphone on or off. */
  async #handOver(giver: string, taker: string): Promise<void> {
    const { peerId } = this.state.peek().me;
    if (peerId === taker || peerId === giver) {
      await this.#switch("mic", peerId === taker);
    }
  }

  // --- small things ---

  /** Ask the server. Rejects as `SignalClient.request` does. */
  async #ask<M extends Method>(method: M, data: RequestData<M>): Promise<ResponseData<M>> {
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

  /** Ask, and tell people where that fails; whether it worked. */
  async #try<M extends Method>(method: M, data: RequestData<M>): Promise<boolean> {
    try {
      await this.#ask(method, data);
      return true;
    } catch (error) {
      this.#notice("error", noticeOf(error));
      return false;
    }
  }

  #failed(error: unknown, source?: Source): void {
    this.#refused(error);
    this.#notice("error", noticeOf(error, source));
  }

  #refused(error: unknown): void {
    if (error instanceof RequestRefused) {
      this.events.emit("error", {
        peerId: this.state.peek().me.peerId,
        code: error.code,
        message: error.message,
      });
    }
  }

  #dispatch(action: Action): void {
    const before = this.state.peek();
    const after = reduce(before, action);
    this.state.value = after;
    if (after.peers !== before.peers) {
      this.#watching.changed();
    }
    for (const happening of happenings(before, after)) {
      emit(this.events, happening);
    }
  }

  #notice(level: Notice["level"], key: string, values: Notice["values"] = {}): void {
    this.#withdraw(key); // once is enough
    const id = ++this.#lastNoticeId;
    this.#dispatch({ type: "noticed", notice: { id, level, key, values } });
    this.#environment.clock.after(NOTICE_MS, () => this.dismissNotice(id));
  }

  /** Take away what is no longer true. */
  #withdraw(...keys: string[]): void {
    for (const { id, key } of this.state.peek().notices) {
      if (keys.includes(key)) {
        this.dismissNotice(id);
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#environment.clock.after(ms, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  #forgetStream(consumerId: string): void {
    const stream = this.#streams.get(consumerId);
    if (stream !== undefined) {
      this.#meter.forget(stream);
      this.#streams.delete(consumerId);
    }
  }

  #forgetStreams(): void {
    for (const consumerId of [...this.#streams.keys()]) {
      this.#forgetStream(consumerId);
    }
  }
}
