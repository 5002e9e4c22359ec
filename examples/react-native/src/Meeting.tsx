// One meeting: a grid of everybody, the buttons, and the chat.

import {
  askForDevices,
  type Room,
  useAudioRoute,
  useRoom,
  useRoomState,
  VideoView,
} from "meet-client-react-native";
import { useEffect, useState } from "react";
import { Alert, StyleSheet, Text, useWindowDimensions, View } from "react-native";
import { Button } from "./Button";
import { Chat } from "./Chat";

interface MeetingProps {
  link: string;
  name: string;
  onOver(): void;
}

export function Meeting({ link, name, onOver }: MeetingProps) {
  const { room, error } = useRoom(link, { displayName: name });
  const state = useRoomState(room);
  const [chatting, setChatting] = useState(false);
  const { width, height } = useWindowDimensions();
  useAudioRoute(state?.phase === "joined" || state?.phase === "reconnecting");

  useEffect(() => {
    if (error !== null) {
      Alert.alert("The room can't be entered", error.message, [{ text: "OK", onPress: onOver }]);
    }
  }, [error, onOver]);

  useEffect(() => {
    if (room === null) {
      return;
    }
    const stop = room.on("ended", (ended) => {
      if (ended.reason !== "left") {
        Alert.alert("The meeting is over", ended.message);
      }
      onOver();
    });
    enter(room).catch(told);
    return stop;
  }, [room, onOver]);

  if (room === null || state === null || state.phase === "joining" || state.phase === "waiting") {
    return (
      <Text style={styles.notice}>
        {state?.phase === "waiting" ? "Somebody will let you in." : "Coming in …"}
      </Text>
    );
  }
  const { local, peers } = state;
  const columns = width > height || peers.length > 3 ? 2 : 1;
  const rows = Math.ceil((peers.length + 1) / columns);
  const tile = { width: `${100 / columns}%`, height: `${100 / rows}%` } as const;
  const micOn = local.mic.status !== "off";
  const cameraOn = local.camera.status !== "off";
  return (
    <View style={styles.meeting}>
      {state.phase === "reconnecting" && <Text style={styles.notice}>Connecting again …</Text>}
      <View style={styles.grid}>
        <View style={tile}>
          <VideoView room={room} style={styles.picture} />
          <Text style={styles.name}>{`${state.me.displayName} (you)`}</Text>
        </View>
        {peers.map((peer) => (
          <View key={peer.id} style={tile}>
            <VideoView
              room={room}
              peerId={peer.id}
              source={peer.tracks.screen ? "screen" : "camera"}
              fit={peer.tracks.screen ? "contain" : "cover"}
              style={styles.picture}
            />
            <Text style={styles.name}>{peer.displayName}</Text>
          </View>
        ))}
      </View>
      {chatting && <Chat room={room} messages={state.chat} />}
      <View style={styles.bar}>
        <Button
          label={micOn ? "Mute" : "Unmute"}
          onPress={() => void (micOn ? room.disableMic() : room.enableMic()).catch(told)}
        />
        <Button
          label={cameraOn ? "Camera off" : "Camera on"}
          onPress={() => void (cameraOn ? room.disableWebcam() : room.enableWebcam()).catch(told)}
        />
        {cameraOn && <Button label="Flip" onPress={() => void room.otherCamera().catch(told)} />}
        <Button
          label={local.screen.status === "off" ? "Share" : "Stop sharing"}
          onPress={() =>
            void (local.screen.status === "off" ? room.enableShare() : room.disableShare()).catch(told)
          }
        />
        <Button label="Chat" onPress={() => setChatting(!chatting)} />
        <Button label="Leave" danger onPress={() => void room.leave()} />
      </View>
    </View>
  );
}

/** Comes in, with what the person allows; `ended` tells where that is refused, or over before they have answered. */
async function enter(room: Room) {
  await room.join();
  if (!isIn(room)) return;
  const allowed = await askForDevices();
  if (allowed.mic && isIn(room)) {
    await room.enableMic().catch(told);
  }
  if (allowed.camera && isIn(room)) {
    await room.enableWebcam().catch(told);
  }
}

function isIn({ state }: Room) {
  return state.phase === "joined" || state.phase === "reconnecting";
}

function told(error: Error) {
  Alert.alert("That did not work", error.message);
}

const styles = StyleSheet.create({
  meeting: { flex: 1 },
  grid: { flex: 1, flexDirection: "row", flexWrap: "wrap" },
  picture: { flex: 1, margin: 2, borderRadius: 8, backgroundColor: "#23262e" },
  name: { position: "absolute", left: 10, bottom: 8, color: "white" },
  bar: { flexDirection: "row", flexWrap: "wrap", justifyContent: "center", gap: 8, padding: 8 },
  notice: { color: "white", padding: 16, textAlign: "center", fontSize: 16 },
});
