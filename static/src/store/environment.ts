// Everything the meeting needs of the world around it: the browser's in the page, fakes in tests.

import { type Platform, platformOf } from "meet-client/room/platform";
import { DeviceAccess } from "meet-client/rtc/devices";
import { BrowserClock } from "./browserClock";

export interface Environment extends Platform {
  /** The page's query string. */
  search: string;
}

/** The real one. */
export function browserEnvironment(): Environment {
  const platform = platformOf();
  return {
    ...platform,
    clock: new BrowserClock(
      platform.hidden,
      () => new Worker(new URL("./timers.worker.ts", import.meta.url), { type: "module" }),
    ),
    devices: new DeviceAccess(navigator.mediaDevices as MediaDevices | undefined, () => window.localStorage),
    identityStorage: { tab: () => window.sessionStorage, browser: () => window.localStorage },
    search: window.location.search,
  };
}
