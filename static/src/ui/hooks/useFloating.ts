import type { RefObject } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { type Align, place, type Side } from "../logic/place";

/** Narrower than this, menus lie at the bottom of the screen: `menu.css` places them. */
const SHEET_BELOW = "(max-width: 560px)";

interface Options {
  anchor: RefObject<HTMLElement | null>;
  box: RefObject<HTMLElement | null>;
  open: boolean;
  side: Side;
  align: Align;
  onDismiss: () => void;
}

/** Puts an open box beside its anchor, and dismisses it on a press elsewhere or when the page loses the focus. */
export function useFloating({ anchor, box, open, side, align, onDismiss }: Options): void {
  useLayoutEffect(() => {
    if (!open) return;
    const update = () => {
      const element = box.current;
      if (!anchor.current || !element) return;
      if (matchMedia(SHEET_BELOW).matches) {
        element.style.cssText = "";
        return;
      }
      const size = { width: element.offsetWidth, height: element.offsetHeight };
      const view = { width: innerWidth, height: innerHeight };
      const { left, top } = place(anchor.current.getBoundingClientRect(), size, view, side, align);
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    };
    update();
    window.addEventListener("resize", update);
    return () => window.removeEventListener("resize", update);
  });
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && anchor.current?.contains(event.target)) return;
      onDismiss();
    };
    const scrolled = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) onDismiss();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("wheel", scrolled, { passive: true });
    window.addEventListener("blur", onDismiss);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("wheel", scrolled);
      window.removeEventListener("blur", onDismiss);
    };
  }, [open]);
}
