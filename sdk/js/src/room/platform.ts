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
  /** Calls back when the page goes away, perhaps for ever. This and the next two return what ends it. */
  onPageHide(listener: () => void): () => void;
  /** Calls back when there is a network again, or another one. */
  onNetwork(listener: () => void): () => void;
  /** Calls back when `hidden` has changed. */
  onVisibility(listener: () => void): () => void;
  /** Whether nobody can see the page. */
  hidden(): boolean;
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
  document?: Partial<Listening> & { readonly visibilityState: string };
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
    onPageHide: (listener) => listening(globals, "pagehide", listener),
    onNetwork: (listener) => {
      // The Network Information API, which only Chromium has, also changes with each new estimate of a rate.
      const ends = [
        listening(globals, "online", listener),
        listening(globals.navigator?.connection, "change", listener),
      ];
      return () => ends.forEach((end) => void end());
    },
    onVisibility: (listener) => listening(globals.document, "visibilitychange", listener),
    hidden: () => globals.document?.visibilityState === "hidden",
    ...own,
  };
}

/** Listen where that can be done. */
function listening(target: Partial<Listening> | undefined, type: string, listener: () => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}

/** A platform for a while: `end` takes back all that listens to it. */
export function lent(platform: Platform): { platform: Platform; end(): void } {
  const ends = new Set<() => void>();
  const kept = (listen: (listener: () => void) => () => void) => (listener: () => void) => {
    const stop = listen(listener);
    const end = () => {
      ends.delete(end);
      stop();
    };
    ends.add(end);
    return end;
  };
  const own = {
    ...platform,
    onPageHide: kept(platform.onPageHide),
    onNetwork: kept(platform.onNetwork),
    onVisibility: kept(platform.onVisibility),
  };
  return { platform: own, end: () => [...ends].forEach((end) => void end()) };
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
