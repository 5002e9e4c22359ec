// Asks for a room's link and a name.

import { useState } from "react";
import { StyleSheet, TextInput, View } from "react-native";
import { Button } from "./Button";

export function Start({ onJoin }: { onJoin(link: string, name: string): void }) {
  const [link, setLink] = useState("");
  const [name, setName] = useState("");
  return (
    <View style={styles.form}>
      <TextInput
        style={styles.field}
        value={link}
        onChangeText={setLink}
        placeholder="Link of the room"
        placeholderTextColor="#8a909c"
        autoCapitalize="none"
        autoCorrect={false}
        keyboardType="url"
      />
      <TextInput
        style={styles.field}
        value={name}
        onChangeText={setName}
        placeholder="Your name"
        placeholderTextColor="#8a909c"
      />
      <Button label="Join" disabled={link.trim() === ""} onPress={() => onJoin(link.trim(), name)} />
    </View>
  );
}

const styles = StyleSheet.create({
  form: { flex: 1, justifyContent: "center", padding: 24, gap: 16 },
  field: { color: "white", backgroundColor: "#23262e", borderRadius: 8, padding: 12, fontSize: 16 },
});
