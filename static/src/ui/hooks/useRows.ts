import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { type Rows, rowsInView } from "../logic/rows";

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
  useLayoutEffect(() => {
    const look = () => {
      if (!list.current) return;
      // One whose badges take a second line is higher.
      const heights = Array.from(list.current.children, (row) => (row as HTMLElement).offsetHeight);
      const rowHeight = heights.length > 0 ? Math.min(...heights) : LIKELY_HEIGHT;
      const { first, end } = rowsInView(
        count,
        rowHeight,
        -list.current.getBoundingClientRect().top,
        innerHeight,
      );
      setDrawn((before) =>
        before.first === first && before.end === end && before.rowHeight === rowHeight
          ? before
          : { first, end, rowHeight },
      );
    };
    look();
    document.addEventListener("scroll", look, { capture: true, passive: true });
    window.addEventListener("resize", look);
    return () => {
      document.removeEventListener("scroll", look, { capture: true });
      window.removeEventListener("resize", look);
    };
  }, [list, count]);
  // Some may have gone since it was looked.
  return { ...drawn, end: Math.min(drawn.end, count), first: Math.min(drawn.first, count) };
}
