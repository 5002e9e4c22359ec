// A participant in a room, for React Native: what meet-client has, with this device's media, hooks, and a view.

export * from "meet-client";
export { useAudioRoute } from "./audio";
export { ownPlatform } from "./native";
export type { OpenedRoom } from "./opening";
export { type Allowed, askForDevices } from "./permissions";
export { type AppStates, reactNativePlatform, type WebRtc } from "./platform";
export { useRoom, useRoomState } from "./useRoom";
export { VideoView, type VideoViewProps } from "./VideoView";
