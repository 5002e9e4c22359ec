import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
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

/**
 * Puts an open box beside its anchor, and dismisses it on a press elsewhere or when the page loses the focus. One that
 * is a popover lies above everything, free of what it is in: a tile would clip it. Older browsers lay it where it is.
 */
export function useFloating({ anchor, box, open, side, align, onDismiss }: Options): void {
  const lay = useRef(() => {});
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
    lay.current = update;
    showAbove(box.current);
    update();
    window.addEventListener("resize", update);
    return () => window.removeEventListener("resize", update);
  });
  useEffect(() => {
    if (!open) return;
    // Who raises a hand moves up in the list: Safari takes the row out of the page for a moment, which closes the
    // popover in it and takes its focus.
    let focused: EventTarget | null = document.activeElement;
    const remember = (event: FocusEvent) => {
      focused = event.target;
    };
    const moved = new MutationObserver(() => {
      showAbove(box.current);
      lay.current();
      const lost = document.activeElement === document.body;
      if (lost && focused instanceof HTMLElement && box.current?.contains(focused)) focused.focus();
    });
    document.addEventListener("focusin", remember);
    moved.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", remember);
      moved.disconnect();
    };
  }, [open]);
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

/** Shows a popover that isn't shown. */
function showAbove(box: HTMLElement | null): void {
  if (box?.isConnected && box.popover && !box.matches(":popover-open")) box.showPopover();
}
