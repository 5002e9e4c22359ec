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
const BY_KEY = new Map(ACTIONS.map((action) => [SHORTCUTS[action].toLowerCase(), action]));
const BY_CODE = new Map(ACTIONS.map((action) => [`Key${SHORTCUTS[action]}`, action]));

/**
 * What a key press asks for; null for nothing. Letters count as they are printed on the keyboard, and by their place
 * where the layout has no Latin letters. While somebody types or holds a modifier, nothing is a shortcut.
 */
export function actionFor(press: KeyPress, typing: boolean): Action | null {
  if (typing || press.repeat || press.ctrlKey || press.metaKey || press.altKey) return null;
  const latin = /^[\x20-\x7e]$/.test(press.key);
  return (latin ? BY_KEY.get(press.key.toLowerCase()) : BY_CODE.get(press.code)) ?? null;
}

/** Whether keys that go to this element are text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select, [role=menu] *, dialog *"))
  );
}
