// The meeting: the page's state, and what keeps it true. Joins, stays in through lost connections, and leaves.

import { type Signal, signal } from "@preact/signals";
import { LevelMeter } from "../rtc/level";
import { Session } from "../rtc/session";
import { Viewer } from "../rtc/viewer";
import type { SignalClient } from "../signal/client";
import { type CloseInfo, RequestRefused } from "../signal/errors";
import type { Notification, Source } from "../signal/types";
import type { Boot } from "./boot";
import { type Entered, Entrance } from "./entrance";
import { browserEnvironment, type Environment } from "./environment";
import { OwnSources } from "./own";
import {
  afterClose,
  afterFailure,
  CONNECTION_LOST,
  delayMs,
  ENTRY_WINDOW_MS,
  type Ending,
  RECONNECT_WINDOW_MS,
} from "./reconnect";
import { type Action, initialState, reduce, type StoreState } from "./reducer";
import type { DeviceKind, Meeting, Notice } from "./types";

const NOTICE_MS = 6_000;
/** How long `leave` waits for the server to take note. */
const GOODBYE_MS = 1_000;

const FAILURE_KEYS: Record<Source, string> = {
  mic: "notice.micFailed",
  camera: "notice.cameraFailed",
  screen: "notice.screenFailed",
  screenAudio: "notice.screenFailed",
};

/** A page's meeting, on the welcome screen, connecting in the background already. */
export function createMeeting(boot: Boot, environment: Environment = browserEnvironment()): Meeting {
  return new RoomMeeting(boot, environment);
}

class RoomMeeting implements Meeting {
  readonly state: Signal<StoreState>;
  readonly #environment: Environment;
  readonly #entrance: Entrance;
  readonly #own: OwnSources;
  readonly #viewer: Viewer;
  readonly #meter = new LevelMeter();
  readonly #streams = new Map<string, MediaStream>();
  #client: SignalClient | null = null;
  #session: Session | null = null;
  /** Counts entries and exits: what was begun under another number is void. */
  #stay = 0;
  #endWait: () => void = () => {};
  #onAgain: Source[] = [];
  #lastNoticeId = 0;

  constructor(boot: Boot, environment: Environment) {
    this.state = signal(initialState(boot));
    this.#environment = environment;
    this.#entrance = new Entrance(boot, environment);
    this.#viewer = new Viewer(environment.clock);
    this.#own = new OwnSources(environment.devices, environment.newStream, {
      onChanged: (source, local) => this.#dispatch({ type: "localChanged", source, local }),
      onCaptured: () => void this.refreshDevices(),
      onFailed: (source) => {
        if (this.#inside) {
          this.#notice("error", FAILURE_KEYS[source]); // before, the welcome screen explains it at length
        }
      },
    });
    environment.onPageHide(() => this.#client?.tell("leave", {}));
    environment.onOnline(() => this.#endWait());
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
    this.#goOut();
    this.#dispatch({ type: "phaseChanged", phase: "left" });
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
      await this.#client.request("setDisplayName", { displayName });
    } catch (error) {
      if (error instanceof RequestRefused) {
        this.#notice("error", "notice.nameRefused");
      } else {
        this.#dispatch({ type: "nameChosen", displayName }); // the next entry brings it
      }
    }
  }

  async chooseDevice(kind: DeviceKind, id: string): Promise<void> {
    this.#environment.devices.choose(kind, id);
    await this.refreshDevices();
    if (kind !== "speaker") {
      await this.#own.deviceChanged(kind === "microphone" ? "mic" : "camera");
    }
  }

  async refreshDevices(): Promise<void> {
    this.#dispatch({ type: "devicesChanged", devices: await this.#environment.devices.list() });
  }

  show(peerId: string, source: Source, size: { width: number; height: number } | null): void {
    this.#viewer.show(peerId, source, size);
  }

  dismissNotice(id: number): void {
    this.#dispatch({ type: "noticeDismissed", id });
  }

  level(stream: MediaStream): (() => number) | null {
    return this.#meter.level(stream);
  }

  // --- in and out ---

  get #inside(): boolean {
    const { phase } = this.state.peek();
    return phase === "joined" || phase === "reconnecting";
  }

  /** Try to enter until it succeeds, is refused for good, or has taken too long. */
  async #enterWithin(windowMs: number): Promise<void> {
    const { clock, random } = this.#environment;
    const stay = ++this.#stay;
    const startedAtMs = clock.now();
    const back = this.state.peek().phase === "reconnecting";
    let newTicket = back; // the room may live on another node by now
    for (let attempt = 0; ; attempt++) {
      if (back || attempt > 0) {
        await this.#wait(delayMs(back ? attempt : attempt - 1, random()));
      }
      if (stay !== this.#stay) {
        return;
      }
      try {
        const entered = await this.#entrance.enter(this.state.peek().me.displayName, newTicket);
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
        const verdict = afterFailure(error, attempt);
        if (verdict.kind === "over") {
          this.#end(verdict.ending);
          return;
        }
        newTicket = verdict.newTicket;
      }
      if (clock.now() - startedAtMs >= windowMs) {
        this.#end(CONNECTION_LOST);
        return;
      }
    }
  }

  #goIn({ client, device, joined }: Entered): void {
    this.#session?.close();
    this.#forgetStreams();
    const session = new Session(device, joined, client, this.#environment.clock, {
      onTrack: (created, track, spatialLayers) => {
        const stream = this.#environment.newStream(track);
        this.#streams.set(created.consumerId, stream);
        this.#dispatch({ type: "streamChanged", consumerId: created.consumerId, stream });
        this.#viewer.arrived({ ...created, track, spatialLayers });
      },
      onDead: () => client.close(),
      onUnreachable: () => this.#notice("warning", "notice.mediaBlocked"),
    });
    this.#client = client;
    this.#session = session;
    this.#viewer.reset(client);
    this.#dispatch({ type: "entered", joined });
    client.onEvery((notification) => this.#notified(client, session, notification));
    void client.closed.then((info) => this.#lost(client, info));
    this.#own.attach(session, joined.room.videoCodec);
  }

  #notified(client: SignalClient, session: Session, notification: Notification): void {
    if (client !== this.#client) {
      return;
    }
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
      case "videoCodecChanged":
        this.#own.attach(session, data.mimeType);
        break;
      case "transportFailed":
        session.transportFailed(data);
        break;
    }
  }

  #lost(client: SignalClient, info: CloseInfo): void {
    if (client !== this.#client) {
      return;
    }
    this.#client = null;
    this.#session?.abandon(); // its pictures stand still until the next session replaces them
    this.#own.attach(null, null);
    const verdict = afterClose(info);
    if (verdict.kind === "over") {
      this.#end(verdict.ending);
    } else {
      this.#dispatch({ type: "phaseChanged", phase: "reconnecting" });
      void this.#enterWithin(RECONNECT_WINDOW_MS);
    }
  }

  #end(ending: Ending): void {
    this.#goOut();
    this.#dispatch({ type: "closed", ...ending });
  }

  /** Stop everything; what was on comes back with the next `join`. */
  #goOut(): void {
    this.#stay += 1;
    this.#client = null;
    this.#session?.close();
    this.#session = null;
    this.#viewer.reset(null);
    this.#forgetStreams();
    this.#onAgain = (["mic", "camera"] as const).filter((source) => this.#own.isOn(source));
    this.#own.attach(null, null);
    for (const source of ["mic", "camera", "screen", "screenAudio"] as const) {
      void this.#own.set(source, false);
    }
    this.#endWait();
  }

  // --- small things ---

  #switch(source: Source, on: boolean): Promise<void> {
    this.#onAgain = this.#onAgain.filter((other) => other !== source);
    return this.#own.set(source, on);
  }

  #dispatch(action: Action): void {
    this.state.value = reduce(this.state.peek(), action);
  }

  #notice(level: Notice["level"], key: string): void {
    const id = ++this.#lastNoticeId;
    this.#dispatch({ type: "noticed", notice: { id, level, key, values: {} } });
    this.#environment.clock.after(NOTICE_MS, () => this.dismissNotice(id));
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
