// Where a menu goes beside its button. Pure.

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Side = "above" | "below";
export type Align = "start" | "centre" | "end";

const GAP = 8;
const MARGIN = 8;

/** The corner of a box of `size` beside `anchor`, inside of the window: on the wanted side if it fits, else the other. */
export function place(
  anchor: Box,
  size: { width: number; height: number },
  view: { width: number; height: number },
  side: Side,
  align: Align,
): { left: number; top: number } {
  const above = anchor.top - GAP - size.height;
  const below = anchor.top + anchor.height + GAP;
  const fitsAbove = above >= MARGIN;
  const fitsBelow = below + size.height <= view.height - MARGIN;
  const goesAbove = side === "above" ? fitsAbove || !fitsBelow : fitsAbove && !fitsBelow;
  const spare = anchor.width - size.width;
  const left = anchor.left + { start: 0, centre: spare / 2, end: spare }[align];
  return {
    left: Math.round(within(left, MARGIN, view.width - MARGIN - size.width)),
    top: Math.round(within(goesAbove ? above : below, MARGIN, view.height - MARGIN - size.height)),
  };
}

function within(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
