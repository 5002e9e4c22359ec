// What keys do in the player. Pure.

export type Action =
  | { act: "toggle" | "fullscreen" | "mute" | "language" }
  | { act: "by"; seconds: number }
  | { act: "to"; share: number }
  | { act: "volume"; by: number }
  | { act: "speed"; by: 1 | -1 };

const KEYS: Readonly<Record<string, Action>> = {
  " ": { act: "toggle" },
  k: { act: "toggle" },
  f: { act: "fullscreen" },
  m: { act: "mute" },
  a: { act: "language" },
  ArrowLeft: { act: "by", seconds: -5 },
  ArrowRight: { act: "by", seconds: 5 },
  j: { act: "by", seconds: -10 },
  l: { act: "by", seconds: 10 },
  ArrowUp: { act: "volume", by: 0.1 },
  ArrowDown: { act: "volume", by: -0.1 },
  Home: { act: "to", share: 0 },
  End: { act: "to", share: 1 },
  "<": { act: "speed", by: -1 },
  ">": { act: "speed", by: 1 },
};

export type Focus = "none" | "seek" | "slider" | "select" | "button" | "text";

/** What a key does when this kind of element has the focus; null for what is not the player's. */
export function actionOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">,
  focus: Focus,
): Action | null {
  const { key } = event;
  if (event.ctrlKey || event.altKey || event.metaKey || focus === "text") return null;
  if (focus === "button" && key === " ") return null;
  if (focus === "slider" && (key.startsWith("Arrow") || key === "Home" || key === "End")) return null;
  if (focus === "select" && (key === " " || key.startsWith("Arrow") || key === "Home" || key === "End"))
    return null;
  return KEYS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "none";
  if (target instanceof HTMLInputElement && target.type === "range")
    return target.dataset.seek === undefined ? "slider" : "seek";
  if (target instanceof HTMLSelectElement) return "select";
  if (target.isContentEditable || target.matches("input, textarea")) return "text";
  return target.closest("button, a, summary") ? "button" : "none";
}
