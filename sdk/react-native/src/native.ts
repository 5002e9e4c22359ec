// This device's own WebRTC.

import type { PlatformOptions } from "meet-client";
import { AppState } from "react-native";
import { MediaStream, mediaDevices, registerGlobals } from "react-native-webrtc";
import { reactNativePlatform, type WebRtc } from "./platform";

let platform: PlatformOptions | null = null;

/** What rooms of this app are made with. */
export function ownPlatform(): PlatformOptions {
  if (platform === null) {
    registerGlobals();
    // react-native-webrtc has classes of its own for what is in DOM's library by the same names.
    platform = reactNativePlatform({ mediaDevices, MediaStream } as unknown as WebRtc, AppState);
  }
  return platform;
}
