// What React Native has in other places than a browser, for meet-client.

import { ReactNative106 } from "mediasoup-client/handlers/ReactNative106";
import type { PlatformOptions } from "meet-client";

/** Of react-native-webrtc, or of what stands in for it in tests. */
export interface WebRtc {
  mediaDevices: NonNullable<PlatformOptions["mediaDevices"]>;
  MediaStream: new (tracks: MediaStreamTrack[]) => MediaStream;
}

/** React Native's `AppState`. */
export interface AppStates {
  readonly currentState: string | null;
  addEventListener(type: "change", listener: () => void): { remove(): void };
}

/**
 * The options of `openRoom` and `join`. The globals of WebRTC must be there before a room is opened. Nobody sees an app
 * in the background: others are told that, and the call goes on for as long as the system lets it.
 */
export function reactNativePlatform(webRtc: WebRtc, app: AppStates): PlatformOptions {
  return {
    handlerFactory: ReactNative106.createFactory({}),
    mediaDevices: webRtc.mediaDevices,
    newStream: (track) => new webRtc.MediaStream([track]),
    hidden: () => app.currentState === "background",
    onVisibility: (listener) => {
      const subscription = app.addEventListener("change", listener);
      return () => subscription.remove();
    },
    // There is no page that could go away: an app leaves, or is heard of no more.
    onPageHide: () => () => {},
  };
}
