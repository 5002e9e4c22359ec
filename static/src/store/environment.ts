// Everything the meeting needs of the world around it: the browser's in the page, fakes in tests.

import { Device as MediasoupDevice } from "mediasoup-client";
import { DeviceAccess } from "../rtc/devices";
import { handlerFactory } from "../rtc/handler";
import type { Device } from "../rtc/session";
import type { OpenSocket } from "../signal/client";
import { BrowserClock, type Clock } from "../signal/clock";
import type { RtpCapabilities } from "../signal/shapes";
import type { IdentityStorage } from "./identity";
import { Unsupported } from "./reconnect";

export interface Environment {
  clock: Clock;
  /** From 0 to 1. */
  random(): number;
  openSocket: OpenSocket;
  fetch: typeof window.fetch;
  /** Rejects with `Unsupported`. */
  loadDevice(routerRtpCapabilities: RtpCapabilities): Promise<Device>;
  devices: DeviceAccess;
  newStream(track: MediaStreamTrack): MediaStream;
  identityStorage: IdentityStorage;
  /** The page's query string. */
  search: string;
  /** Calls back when the page goes away, perhaps for ever. */
  onPageHide(listener: () => void): void;
  /** Calls back when the browser sees a network again, or another one; returns what ends it. */
  onNetwork(listener: () => void): () => void;
  /** Whether nobody can see the page. */
  hidden(): boolean;
  /** Calls back when `hidden` has changed. */
  onVisibility(listener: () => void): void;
}

/** The real one. */
export function browserEnvironment(): Environment {
  const hidden = () => document.visibilityState === "hidden";
  return {
    clock: new BrowserClock(
      hidden,
      () => new Worker(new URL("../signal/timers.worker.ts", import.meta.url), { type: "module" }),
    ),
    random: () => Math.random(),
    openSocket: (url, subprotocol) => new WebSocket(url, subprotocol),
    fetch: (input, init) => window.fetch(input, init),
    loadDevice: deviceLoader(),
    devices: new DeviceAccess(navigator.mediaDevices as MediaDevices | undefined, () => window.localStorage),
    newStream: (track) => new MediaStream([track]),
    identityStorage: { tab: () => window.sessionStorage, browser: () => window.localStorage },
    search: window.location.search,
    onPageHide: (listener) => window.addEventListener("pagehide", listener),
    onNetwork,
    hidden,
    onVisibility: (listener) => document.addEventListener("visibilitychange", listener),
  };
}

/** The Network Information API, which only Chromium has, also changes with each new estimate of a rate. */
function onNetwork(listener: () => void): () => void {
  const { connection } = navigator as { connection?: EventTarget };
  window.addEventListener("online", listener);
  connection?.addEventListener("change", listener);
  return () => {
    window.removeEventListener("online", listener);
    connection?.removeEventListener("change", listener);
  };
}

/** Loads a device once for the same router capabilities: a reconnect need not negotiate with the browser again. */
function deviceLoader(): Environment["loadDevice"] {
  const loaded = new Map<string, Promise<MediasoupDevice>>();
  return (routerRtpCapabilities) => {
    const key = JSON.stringify(routerRtpCapabilities);
    const known = loaded.get(key) ?? load(routerRtpCapabilities);
    loaded.clear();
    loaded.set(key, known);
    return known;
  };
}

async function load(routerRtpCapabilities: RtpCapabilities): Promise<MediasoupDevice> {
  try {
    const factory = await handlerFactory();
    const device = new MediasoupDevice(factory === null ? {} : { handlerFactory: factory });
    await device.load({ routerRtpCapabilities });
    return device;
  } catch (cause) {
    throw new Unsupported("This browser can't send and receive audio and video.", { cause });
  }
}
