import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Rows, rowsAround, rowsInView } from "../logic/rows";

interface Drawn extends Rows {
  rowHeight: number;
}

/** Before any row could be measured. */
const LIKELY_HEIGHT = 48;

/** Which of a list's `count` rows are to be drawn, wherever it is scrolled to, and how high one is in CSS pixels. */
export function useRows(list: RefObject<HTMLElement | null>, count: number): Drawn {
  const [drawn, setDrawn] = useState<Drawn>(() => ({
    ...rowsInView(count, LIKELY_HEIGHT, 0, innerHeight),
    rowHeight: LIKELY_HEIGHT,
  }));
  const lowest = useRef(Number.POSITIVE_INFINITY);
  const look = useRef(() => {});
  look.current = () => {
    if (!list.current) return;
    // A few may be higher. What a row is taken for must not depend on which are drawn, and so only falls.
    const heights = Array.from(list.current.children, (row) => (row as HTMLElement).offsetHeight);
    lowest.current = Math.min(lowest.current, ...heights.filter((height) => height > 0));
    const rowHeight = Number.isFinite(lowest.current) ? lowest.current : LIKELY_HEIGHT;
    const above = -list.current.getBoundingClientRect().top;
    const { first, end } = rowsAround(
      focusedRow(list.current),
      rowsInView(count, rowHeight, above, innerHeight),
    );
    setDrawn((before) =>
      before.first === first && before.end === end && before.rowHeight === rowHeight
        ? before
        : { first, end, rowHeight },
    );
  };
  // After each drawing: what was above the list may have gone.
  useLayoutEffect(() => look.current());
  useLayoutEffect(() => {
    const scrolled = () => look.current();
    const resized = () => {
      lowest.current = Number.POSITIVE_INFINITY;
      look.current();
    };
    document.addEventListener("scroll", scrolled, { capture: true, passive: true });
    window.addEventListener("resize", resized);
    return () => {
      document.removeEventListener("scroll", scrolled, { capture: true });
      window.removeEventListener("resize", resized);
    };
  }, []);
  // Some may have gone since it was looked.
  return { ...drawn, end: Math.min(drawn.end, count), first: Math.min(drawn.first, count) };
}

/** The row that has the keyboard's focus, or something in it; null where none has. */
function focusedRow(list: HTMLElement): number | null {
  const row = list.querySelector(":scope > :focus-within");
  return row ? Number(row.getAttribute("aria-posinset")) - 1 : null;
}
