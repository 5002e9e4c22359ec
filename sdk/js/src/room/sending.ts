// What I send: my sources with their devices, turned on and off by me, by moderators, and by what becomes of a device.

import { DeviceError, type DeviceKind, type Devices, otherCamera } from "../rtc/devices.js";
import type { Uplink } from "../rtc/sources.js";
import { MeetError, RequestRefused, SignalError } from "../signal/failures.js";
import type { Permissions, Source, Switchable } from "../signal/shapes.js";
import { DeviceWatch } from "./deviceWatch.js";
import type { Emitter } from "./emitter.js";
import type { RoomEvents } from "./events.js";
import { maySend, OwnSources } from "./own.js";
import type { Platform } from "./platform.js";
import type { LocalSource, RoomState } from "./state.js";

export interface SendingOwner {
  permissions(): Permissions;
  local(source: Source): LocalSource;
  localChanged(source: Source, local: LocalSource): void;
  devicesChanged(devices: Devices): void;
  /** Something was refused, by the server or by what it has said before. */
  refused(error: unknown): void;
}

export class Sending {
  readonly #platform: Platform;
  readonly #events: Emitter<RoomEvents>;
  readonly #owner: SendingOwner;
  readonly #own: OwnSources;
  readonly #watch: DeviceWatch;
  readonly #stopListening: () => void;
  /** What was on when I went out. */
  #onAgain: Source[] = [];
  #closed = false;

  constructor(platform: Platform, events: Emitter<RoomEvents>, owner: SendingOwner) {
    this.#platform = platform;
    this.#events = events;
    this.#owner = owner;
    this.#own = new OwnSources(platform.devices, platform.newStream, {
      onChanged: (source, local) => {
        const before = owner.local(source);
        owner.localChanged(source, local);
        this.#watch.changed(source, before, local);
      },
      onCaptured: () => void this.refresh(),
      onFailed: (source, error) => {
        if (!this.#watch.failed(source, error)) {
          owner.refused(error);
          events.emit("sourceFailed", { source, error });
        }
      },
      onLost: (source, deviceId) => this.#watch.lost(source, deviceId),
      onStarved: (source, starved) => this.#watch.starved(source, starved),
    });
    this.#watch = new DeviceWatch(platform.clock, platform.hidden, {
      isOn: (source) => this.#own.isOn(source),
      turnOn: (source) => this.#own.set(source, true),
      captureAnew: (source) => this.#own.deviceChanged(source),
      tell: (source, news) => events.emit("deviceNews", { source, news }),
      untell: (source) => events.emit("deviceNews", { source, news: null }),
    });
    this.#stopListening = platform.devices.onChange(() => void this.refresh());
    void this.refresh();
  }

  isOn(source: Source): boolean {
    return this.#own.isOn(source);
  }

  /**
   * Turn a source on, with a track of its owner's where one is given, a screen with the `sound` that belongs to it.
   * Rejects with `DeviceError` or a `SignalError`, and with the code `closed` after `close`. What turns it off
   * meanwhile counts: the end of a meeting, a moderator, `disable`.
   */
  async enable(source: Switchable, track?: MediaStreamTrack, sound?: MediaStreamTrack | null): Promise<void> {
    this.#mustBeOpen();
    this.#watch.decided(source);
    if (!maySend(source, this.#owner.permissions())) {
      const refusal = new RequestRefused("notAllowed", "You may not turn this on here.");
      this.#owner.refused(refusal);
      this.#events.emit("sourceFailed", { source, error: refusal });
      throw refusal;
    }
    this.#onAgain = this.#onAgain.filter((other) => other !== source);
    await Promise.all([
      sound !== undefined && this.#own.give("screenAudio", sound),
      track !== undefined && this.#own.give(source, track),
      this.#own.set(source, true), // at once and not after the others, so that nothing can come between
    ]);
    this.#mustBeOpen();
    const error = this.#own.error(source);
    if (error !== null) {
      throw error instanceof SignalError ? error : new DeviceError(error);
    }
  }

  async disable(source: Switchable): Promise<void> {
    this.#watch.decided(source);
    this.#onAgain = this.#onAgain.filter((other) => other !== source);
    await this.#own.set(source, false);
  }

  /** A moderator has turned it off: so be it here too, down to the camera's light. */
  stopped(device: Switchable): void {
    this.#watch.decided(device);
    if (this.#own.isOn(device)) {
      void this.#own.set(device, false);
      this.#events.emit("trackStopped", { device });
    }
  }

  /** Use this device from now on. */
  async change(kind: DeviceKind, id: string): Promise<void> {
    this.#platform.devices.choose(kind, id);
    await this.refresh();
    if (kind !== "speaker") {
      const source = kind === "microphone" ? "mic" : "camera";
      this.#watch.decided(source);
      await this.#own.deviceChanged(source);
    }
  }

  /** Change to another camera, if there is one. */
  async otherCamera({ devices, local }: Pick<RoomState, "devices" | "local">): Promise<boolean> {
    const access = this.#platform.devices;
    const settings = local.camera.stream?.getVideoTracks()[0]?.getSettings() ?? {
      ...(access.facing && { facingMode: access.facing }),
      ...(devices.selected.camera && { deviceId: devices.selected.camera }),
    };
    const other = otherCamera(settings, devices.camera);
    if (other === null) {
      return false;
    }
    if ("id" in other) {
      await this.change("camera", other.id);
      return true;
    }
    access.face(other.facing);
    this.#watch.decided("camera");
    await this.#own.deviceChanged("camera");
    return true;
  }

  /** The page is seen again. */
  shown(): void {
    this.#watch.shown();
  }

  /** Ask which devices there are. */
  async refresh(): Promise<void> {
    const devices = await this.#platform.devices.list();
    this.#owner.devicesChanged(devices);
    await this.#watch.listed(devices);
  }

  /** Only what I may send may be on. */
  allow(permissions: Permissions): void {
    for (const source of (["mic", "camera"] as const).filter((one) => !maySend(one, permissions))) {
      this.#watch.decided(source);
    }
    this.#own.allow(permissions);
  }

  /** Send everything there, or nowhere with null. */
  attach(uplink: Uplink | null, videoCodec: string | null): void {
    this.#own.attach(uplink, videoCodec);
  }

  /** I go out: everything off. Microphone and camera come back with `again`. */
  stop(): void {
    this.#onAgain = (["mic", "camera"] as const).filter((source) => this.#own.isOn(source));
    this.#watch.stop();
    this.#own.attach(null, null);
    for (const source of ["mic", "camera", "screen", "screenAudio"] as const) {
      void this.#own.set(source, false);
    }
  }

  /** Hear of devices no more, and turn nothing on any more. */
  close(): void {
    this.#closed = true;
    this.#stopListening();
    this.#watch.stop();
  }

  /** I come in: what was on before is on again. */
  again(): void {
    for (const source of this.#onAgain.splice(0)) {
      void this.#own.set(source, true);
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) {
      throw new MeetError("closed", "This room has been closed: open it anew.");
    }
  }
}
