// A button with a word on it.

import { Pressable, StyleSheet, Text } from "react-native";

interface ButtonProps {
  label: string;
  onPress(): void;
  disabled?: boolean;
  danger?: boolean;
}

export function Button({ label, onPress, disabled = false, danger = false }: ButtonProps) {
  return (
    <Pressable
      accessibilityRole="button"
      disabled={disabled}
      onPress={onPress}
      style={[styles.button, danger && styles.danger, disabled && styles.disabled]}
    >
      <Text style={styles.label}>{label}</Text>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: {
    backgroundColor: "#2f6fed",
    borderRadius: 8,
    paddingVertical: 12,
    paddingHorizontal: 14,
    minHeight: 44,
  },
  danger: { backgroundColor: "#c8372d" },
  disabled: { opacity: 0.5 },
  label: { color: "white", fontSize: 16, textAlign: "center" },
});
