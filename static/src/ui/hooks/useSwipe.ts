import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { pageStep } from "../logic/swipe";

/** What lies over the area, though it is in it. */
const OVER = "[popover], [role=menu], [role=dialog]";

/** Hears, while `on`, of each finger that is drawn across an area: 1 for the next page, -1 for the one before. */
export function useSwipe(
  area: RefObject<HTMLElement | null>,
  on: boolean,
  onSwipe: (step: -1 | 1) => void,
): void {
  const latest = useRef(onSwipe);
  latest.current = onSwipe;
  useEffect(() => {
    const element = area.current;
    if (!element || !on) return;
    let begin: PointerEvent | null = null;
    const down = (event: PointerEvent) => {
      // A second finger zooms.
      const first = event.pointerType === "touch" && event.isPrimary;
      begin = first && !(event.target as Element).closest(OVER) ? event : null;
    };
    const up = (event: PointerEvent) => {
      if (begin === null || !event.isPrimary) return;
      const { clientX, clientY, timeStamp } = begin;
      begin = null;
      const step = pageStep(event.clientX - clientX, event.clientY - clientY, event.timeStamp - timeStamp);
      if (step !== 0) latest.current(step);
    };
    const cancel = () => {
      begin = null;
    };
    element.addEventListener("pointerdown", down);
    element.addEventListener("pointerup", up);
    element.addEventListener("pointercancel", cancel);
    return () => {
      element.removeEventListener("pointerdown", down);
      element.removeEventListener("pointerup", up);
      element.removeEventListener("pointercancel", cancel);
    };
  }, [area, on]);
}
