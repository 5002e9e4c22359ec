import { useEffect } from "preact/hooks";
import { hiddenOf } from "../logic/visibleArea";

/** Tells styles what a keyboard hides of the page: `--above` and `--below`, and `data-keyboard` on the root element. */
export function useVisibleArea(): void {
  useEffect(() => {
    const visual = window.visualViewport;
    if (!visual) return;
    const root = document.documentElement;
    const look = () => {
      const { above, below } = hiddenOf(root.clientHeight, visual);
      root.style.setProperty("--above", `${above}px`);
      root.style.setProperty("--below", `${below}px`);
      root.toggleAttribute("data-keyboard", above + below > 0);
    };
    look();
    visual.addEventListener("resize", look);
    visual.addEventListener("scroll", look);
    return () => {
      visual.removeEventListener("resize", look);
      visual.removeEventListener("scroll", look);
    };
  }, []);
}
