// Somebody's picture. How large it is shown decides which layer is received, and that nothing is where it is not shown.

import type { Room } from "meet-client";
import { useEffect, useState } from "react";
import { type LayoutChangeEvent, PixelRatio, type StyleProp, View, type ViewStyle } from "react-native";
import { RTCView } from "react-native-webrtc";
import { useRoomState } from "./useRoom";

export interface VideoViewProps {
  room: Room;
  /** Left out: my own. */
  peerId?: string;
  source?: "camera" | "screen";
  /** `contain` shows all of it, `cover` fills the view. */
  fit?: "contain" | "cover";
  /** As in a mirror, which people expect of their own front camera. */
  mirror?: boolean;
  style?: StyleProp<ViewStyle>;
}

export function VideoView({ room, peerId, source = "camera", fit = "cover", mirror, style }: VideoViewProps) {
  const state = useRoomState(room);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);

  useEffect(() => {
    if (peerId === undefined || size === null) {
      return;
    }
    room.show(peerId, source, size);
    return () => room.show(peerId, source, null);
  }, [room, peerId, source, size]);

  const onLayout = ({ nativeEvent: { layout } }: LayoutChangeEvent) => {
    const [width, height] = [layout.width, layout.height].map(PixelRatio.getPixelSizeForLayoutSize) as [
      number,
      number,
    ];
    setSize((before) => (before?.width === width && before.height === height ? before : { width, height }));
  };
  const stream = peerId === undefined ? state?.local[source].stream : shown(state, peerId, source);
  return (
    <View style={[{ overflow: "hidden" }, style]} onLayout={onLayout}>
      {stream && (
        <RTCView
          // React Native's streams have an address, which is how a native view finds them.
          streamURL={(stream as unknown as { toURL(): string }).toURL()}
          objectFit={fit}
          mirror={mirror ?? (peerId === undefined && source === "camera")}
          style={{ flex: 1 }}
        />
      )}
    </View>
  );
}

function shown(state: ReturnType<typeof useRoomState>, peerId: string, source: "camera" | "screen") {
  const track = state?.peers.find(({ id }) => id === peerId)?.tracks[source];
  return track && !track.paused ? track.stream : null;
}
