// Which key does what in an interpreter's booth. Pure.

import { type KeyPress, letterOf } from "./keyboard";

/** `cough` counts for as long as the key is down. */
export type BoothAction =
  | "mic"
  | "cough"
  | "handover"
  | "cancel"
  | "relay"
  | "chat"
  | "people"
  | "fullscreen"
  | "help";

/** The letters; the microphone's is the space bar, as interpreters know it. */
export const BOOTH_KEYS: Readonly<Record<Exclude<BoothAction, "mic">, string>> = {
  cough: "C",
  handover: "T",
  cancel: "X",
  relay: "R",
  chat: "W",
  people: "P",
  fullscreen: "F",
  help: "?",
};

const ACTIONS = Object.keys(BOOTH_KEYS) as (keyof typeof BOOTH_KEYS)[];
const BY_LETTER = new Map<string, BoothAction>(ACTIONS.map((action) => [BOOTH_KEYS[action], action]));

/** Where a key press goes: into a text, to a window's or a menu's own keys, or to the booth. */
export type Where = "text" | "window" | "booth";

/**
 * What a key press asks for; null for nothing. The space bar and the cough key work everywhere but in a text: nobody
 * should have to look for the way to silence. The others don't act behind an open window.
 */
export function boothAction(press: KeyPress, where: Where): BoothAction | null {
  if (where === "text" || press.ctrlKey || press.metaKey || press.altKey) return null;
  if (press.key === " ") return "mic";
  const action = BY_LETTER.get(letterOf(press)) ?? null;
  return where === "booth" || action === "cough" || action === "help" ? action : null;
}

/** Inputs that take no text: a slider, a choice. */
const NO_TEXT = "[type=range], [type=radio], [type=checkbox], [type=button]";

/** Where keys go that this element gets. */
export function whereOf(target: EventTarget | null): Where {
  if (!(target instanceof HTMLElement)) return "booth";
  const text =
    target.isContentEditable || target.matches(`input:not(${NO_TEXT}), textarea, select, [role=menu] *`);
  if (text) return "text";
  return target.closest("dialog") === null ? "booth" : "window";
}
