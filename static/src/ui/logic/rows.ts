// Which rows of a long list are drawn: those in view, and some around them. Pure.

/** From one row to before another. */
export interface Rows {
  first: number;
  end: number;
}

/** A list that is no longer is drawn whole. */
const WHOLE_UP_TO = 50;
/** So many more are drawn at both sides: fast scrolling shows no gaps, and the next button to tab to is there. */
const AROUND = 8;
/** The drawn rows change only so many at a time. */
const STEP = 4;

/** Whether rows out of view are not drawn: they are taken to be as high as those that are. */
export function isLong(count: number): boolean {
  return count > WHOLE_UP_TO;
}

/**
 * The rows to draw of `count` that are `rowHeight` pixels high, in a list that begins `above` pixels over the upper edge
 * of a view of this height.
 */
export function rowsInView(count: number, rowHeight: number, above: number, height: number): Rows {
  if (!isLong(count) || rowHeight <= 0) return { first: 0, end: count };
  const steps = Math.floor((above / rowHeight - AROUND) / STEP);
  const drawn = Math.ceil(height / rowHeight) + 2 * AROUND + STEP;
  const first = Math.max(0, Math.min(steps * STEP, count - drawn));
  return { first, end: Math.min(count, first + drawn) };
}

/** These rows, and those on the way to one that has to stay drawn, as the keyboard's focus is in it. */
export function rowsAround(held: number | null, { first, end }: Rows): Rows {
  return held === null ? { first, end } : { first: Math.min(first, held), end: Math.max(end, held + 1) };
}
