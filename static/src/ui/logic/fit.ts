// Which controls stand in the bar and which in the menu, by the bar's width. Pure.

export type Control =
  | "mic"
  | "camera"
  | "share"
  | "hand"
  | "language"
  | "volume"
  | "fullscreen"
  | "chat"
  | "people"
  | "moderator"
  | "more"
  | "leave";

export interface Fit {
  bar: Control[];
  menu: Control[];
  /** Wide enough for words and for the devices' arrows. */
  roomy: boolean;
}

/** The first ones go to the menu last. */
const BY_NEED: readonly Control[] = [
  "leave",
  "more",
  "mic",
  "camera",
  "language",
  "chat",
  "hand",
  "people",
  "volume",
  "share",
  "fullscreen",
];
/** A moderator's own hand is up less often than those of others. */
const BY_MODERATORS_NEED: readonly Control[] = [
  ...BY_NEED.filter((control) => control !== "hand").flatMap((control): Control[] =>
    control === "people" ? ["people", "moderator", "hand"] : [control],
  ),
];
const ROOMY_FROM = 680;
const COMPACT = { button: 44, gap: 5 };
const ROOMY = { button: 48, gap: 8, arrow: 28, leave: 150, language: 150 };

/** Divide the `wanted` controls, which keep their order, between the bar of `width` CSS pixels and the menu. */
export function fitControls(width: number, wanted: readonly Control[]): Fit {
  const roomy = width >= ROOMY_FROM;
  const kept = new Set<Control>();
  let used = 0;
  for (const control of wanted.includes("moderator") ? BY_MODERATORS_NEED : BY_NEED) {
    if (!wanted.includes(control)) continue;
    const size = sizeOf(control, roomy);
    if (used + size > width && kept.size >= 2) break;
    kept.add(control);
    used += size + (roomy ? ROOMY.gap : COMPACT.gap);
  }
  return {
    bar: wanted.filter((control) => kept.has(control)),
    menu: wanted.filter((control) => !kept.has(control)),
    roomy,
  };
}

function sizeOf(control: Control, roomy: boolean): number {
  if (!roomy) return COMPACT.button;
  if (control === "leave" || control === "language") return ROOMY[control];
  return ROOMY.button + (control === "mic" || control === "camera" ? ROOMY.arrow : 0);
}
