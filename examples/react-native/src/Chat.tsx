// What was written, and a line to write.

import type { ChatMessage, Room } from "meet-client-react-native";
import { useState } from "react";
import { Alert, FlatList, StyleSheet, Text, TextInput, View } from "react-native";

export function Chat({ room, messages }: { room: Room; messages: ChatMessage[] }) {
  const [text, setText] = useState("");
  const send = () => {
    room.sendChat(text).then(
      () => setText(""),
      (error: Error) => Alert.alert("That was not sent", error.message),
    );
  };
  return (
    <View style={styles.chat}>
      <FlatList
        data={messages}
        keyExtractor={({ id }) => `${id}`}
        renderItem={({ item }) => <Text style={styles.message}>{`${item.displayName}: ${item.text}`}</Text>}
      />
      <TextInput
        style={styles.field}
        value={text}
        onChangeText={setText}
        onSubmitEditing={send}
        placeholder="Write to everybody"
        placeholderTextColor="#8a909c"
        returnKeyType="send"
        submitBehavior="submit"
      />
    </View>
  );
}

const styles = StyleSheet.create({
  chat: { height: 220, padding: 8, gap: 8 },
  message: { color: "white", paddingVertical: 2 },
  field: { color: "white", backgroundColor: "#23262e", borderRadius: 8, padding: 10 },
});
