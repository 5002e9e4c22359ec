// Join by a link, then the meeting.

import { useCallback, useState } from "react";
import { SafeAreaView, StyleSheet } from "react-native";
import { Meeting } from "./Meeting";
import { Start } from "./Start";

export function App() {
  const [wanted, setWanted] = useState<{ link: string; name: string } | null>(null);
  const over = useCallback(() => setWanted(null), []);
  return (
    <SafeAreaView style={styles.app}>
      {wanted === null ? (
        <Start onJoin={(link, name) => setWanted({ link, name })} />
      ) : (
        <Meeting link={wanted.link} name={wanted.name} onOver={over} />
      )}
    </SafeAreaView>
  );
}

const styles = StyleSheet.create({ app: { flex: 1, backgroundColor: "#16181d" } });
