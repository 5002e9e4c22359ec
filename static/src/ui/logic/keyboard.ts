// Which key does what in a meeting. Pure.

export type Action =
  | "mic"
  | "camera"
  | "share"
  | "hand"
  | "chat"
  | "people"
  | "moderator"
  | "fullscreen"
  | "help";

export const SHORTCUTS: Readonly<Record<Action, string>> = {
  mic: "M",
  camera: "V",
  share: "S",
  hand: "H",
  chat: "C",
  people: "P",
  moderator: "O",
  fullscreen: "F",
  help: "?",
};

export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
}

const ACTIONS = Object.keys(SHORTCUTS) as Action[];
const BY_LETTER = new Map(ACTIONS.map((action) => [SHORTCUTS[action], action]));

/**
 * The letter of a key, in capitals, or its other sign: as it is printed on the keyboard, and by its place where the layout
 * has no Latin letters.
 */
export function letterOf({ key, code }: Pick<KeyPress, "key" | "code">): string {
  return /^[\x20-\x7e]$/.test(key) ? key.toUpperCase() : code.replace(/^Key/, "");
}

/** What a key press asks for; null for nothing. While somebody types or holds a modifier, nothing is a shortcut. */
export function actionFor(press: KeyPress, typing: boolean): Action | null {
  if (typing || press.repeat || press.ctrlKey || press.metaKey || press.altKey) return null;
  return BY_LETTER.get(letterOf(press)) ?? null;
}

/** Whether keys that go to this element are text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select, [role=menu] *, dialog *"))
  );
}
