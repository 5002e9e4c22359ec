import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/**
 * Keeps the focus inside of `area` when what had it goes away or can't be pressed any more, for example with the line
 * of somebody who has been let in: then `fallback` has it, instead of nobody.
 */
export function useKeptFocus(
  area: RefObject<HTMLElement | null>,
  fallback: RefObject<HTMLElement | null>,
): void {
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    let last: EventTarget | null = null;
    const focused = (event: FocusEvent) => {
      last = event.target;
    };
    const check = () => {
      const gone = last instanceof HTMLElement && (!last.isConnected || last.matches(":disabled"));
      if (!gone || document.activeElement !== document.body) return;
      last = null;
      fallback.current?.focus({ preventScroll: true });
    };
    // Browsers take the focus from what is disabled with the next frame only.
    const observer = new MutationObserver(() => requestAnimationFrame(() => requestAnimationFrame(check)));
    element.addEventListener("focusin", focused);
    observer.observe(element, { childList: true, subtree: true, attributeFilter: ["disabled"] });
    return () => {
      element.removeEventListener("focusin", focused);
      observer.disconnect();
    };
  }, []);
}
