import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useKeptFocus } from "../../ui/hooks/useKeptFocus";

/**
 * Where the focus goes when what had it goes away: to the line that it was in (`data-home`), and when that is gone as
 * well, to the heading.
 */
export function useHome(area: RefObject<HTMLElement | null>, heading: RefObject<HTMLElement | null>): void {
  const line = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const focused = ({ target }: FocusEvent) => {
      line.current = target instanceof Element ? target.closest<HTMLElement>("[data-home]") : null;
    };
    area.current?.addEventListener("focusin", focused);
    return () => area.current?.removeEventListener("focusin", focused);
  }, []);
  useKeptFocus(area, {
    get current() {
      return line.current?.isConnected ? line.current : heading.current;
    },
  });
}
