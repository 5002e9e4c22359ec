// What of the page can be seen. Most browsers make the page smaller for an on-screen keyboard (`interactive-widget`); iOS lays
// it over the page, and tells by its visual viewport (CSSOM View) what is left. Pure.

/** What we need of `window.visualViewport`, in CSS pixels. */
export type Visual = Pick<VisualViewport, "height" | "offsetTop" | "scale">;

/** How many CSS pixels of the page lie above and below what can be seen. */
export interface Hidden {
  above: number;
  below: number;
}

/** Browsers round; so little is no keyboard. */
const LEAST = 60;

/** What a keyboard hides of a page of this height; nothing where somebody has only zoomed in. */
export function hiddenOf(pageHeight: number, { height, offsetTop, scale }: Visual): Hidden {
  if (Math.abs(scale - 1) > 0.01 || pageHeight - height < LEAST) {
    return { above: 0, below: 0 };
  }
  const above = Math.max(0, Math.round(offsetTop));
  return { above, below: Math.max(0, Math.round(pageHeight - height) - above) };
}
