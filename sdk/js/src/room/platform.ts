// Everything a room needs of the world around it: what the platform has, what its owner gives, fakes in tests.

import { Device as MediasoupDevice, type types } from "mediasoup-client";
import { DeviceAccess, type MediaDevicesApi } from "../rtc/devices.js";
import { completed, detectedHandler } from "../rtc/handler.js";
import type { Device } from "../rtc/session.js";
import type { OpenSocket, Socket } from "../signal/client.js";
import { type Clock, systemClock } from "../signal/clock.js";
import type { RtpCapabilities } from "../signal/shapes.js";
import type { IdentityStorage } from "./identity.js";
import { Unsupported } from "./reconnect.js";
import type { Fetch } from "./tickets.js";

export interface Platform {
  clock: Clock;
  /** From 0 to 1. */
  random(): number;
  openSocket: OpenSocket;
  fetch: Fetch;
  /** Rejects with `Unsupported`. */
  loadDevice(routerRtpCapabilities: RtpCapabilities): Promise<Device>;
  devices: DeviceAccess;
  /** A stream of this track alone; `receiver` is what it comes from, for what others send. */
  newStream(track: MediaStreamTrack, receiver?: RTCRtpReceiver): MediaStream;
  identityStorage: IdentityStorage;
  /** Calls back when the page goes away, perhaps for ever. */
  onPageHide(listener: () => void): void;
  /** Calls back when there is a network again, or another one; returns what ends it. */
  onNetwork(listener: () => void): () => void;
  /** Whether nobody can see the page. */
  hidden(): boolean;
  /** Calls back when `hidden` has changed. */
  onVisibility(listener: () => void): void;
}

/** What a platform may have of its own that is no browser, or in other places than a browser. */
export interface PlatformOptions extends Partial<Omit<Platform, "loadDevice" | "devices">> {
  /** mediasoup-client's handler for this platform's WebRTC; that of a browser is found. */
  handlerFactory?: types.HandlerFactory;
  /** As `navigator.mediaDevices`: what microphones, cameras and screens are captured by. */
  mediaDevices?: MediaDevicesApi;
}

/** What browsers have, and other platforms perhaps. */
interface Globals {
  WebSocket?: new (url: string, protocol: string) => Socket;
  MediaStream?: new (tracks: MediaStreamTrack[]) => MediaStream;
  fetch?: Fetch;
  navigator?: { mediaDevices?: MediaDevicesApi; connection?: Partial<Listening> };
  document?: Listening & { readonly visibilityState: string };
  addEventListener?: Listening["addEventListener"];
  removeEventListener?: Listening["removeEventListener"];
}

interface Listening {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

const NOWHERE: IdentityStorage = { tab: noStorage, browser: noStorage };

/** This platform, with what `options` say otherwise. */
export function platformOf({ handlerFactory, mediaDevices, ...own }: PlatformOptions = {}): Platform {
  const globals = globalThis as Globals;
  return {
    clock: systemClock,
    random: () => Math.random(),
    openSocket: (url, protocol) => new (required(globals.WebSocket, "WebSocket"))(url, protocol),
    fetch: (url, options) => required(globals.fetch, "fetch")(url, options),
    loadDevice: deviceLoader(handlerFactory),
    devices: new DeviceAccess(mediaDevices ?? globals.navigator?.mediaDevices, noStorage),
    newStream: (track) => new (required(globals.MediaStream, "MediaStream"))([track]),
    identityStorage: NOWHERE,
    onPageHide: (listener) => globals.addEventListener?.("pagehide", listener),
    onNetwork: (listener) => onNetwork(globals, listener),
    hidden: () => globals.document?.visibilityState === "hidden",
    onVisibility: (listener) => globals.document?.addEventListener("visibilitychange", listener),
    ...own,
  };
}

/** The Network Information API, which only Chromium has, also changes with each new estimate of a rate. */
function onNetwork(globals: Globals, listener: () => void): () => void {
  const connection = globals.navigator?.connection;
  globals.addEventListener?.("online", listener);
  connection?.addEventListener?.("change", listener);
  return () => {
    globals.removeEventListener?.("online", listener);
    connection?.removeEventListener?.("change", listener);
  };
}

/** Loads a device once for the same router capabilities: a reconnect need not negotiate with the browser again. */
function deviceLoader(handlerFactory: types.HandlerFactory | undefined): Platform["loadDevice"] {
  const loaded = new Map<string, Promise<MediasoupDevice>>();
  return (routerRtpCapabilities) => {
    const key = JSON.stringify(routerRtpCapabilities);
    const known = loaded.get(key) ?? load(routerRtpCapabilities, handlerFactory);
    loaded.clear();
    loaded.set(key, known);
    return known;
  };
}

async function load(
  routerRtpCapabilities: RtpCapabilities,
  given: types.HandlerFactory | undefined,
): Promise<MediasoupDevice> {
  try {
    const factory = given === undefined ? await detectedHandler() : completed(given);
    const device = new MediasoupDevice(factory === null ? {} : { handlerFactory: factory });
    await device.load({ routerRtpCapabilities });
    return device;
  } catch (cause) {
    throw new Unsupported("This browser can't send and receive audio and video.", { cause });
  }
}

function required<T>(found: T | undefined, name: string): T {
  if (found === undefined) {
    throw new Unsupported(`There is no ${name} here: give one as an option.`);
  }
  return found;
}

/** As a page without cookies: nothing is kept. */
function noStorage(): never {
  throw new Error("Nothing is kept here.");
}
