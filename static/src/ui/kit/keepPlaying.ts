// Elements that play live media go on: a phone call or another app pauses them, and nothing would start them again.

/** An element that was paused is played again after this time; one that is paused at once each time does no harm so. */
const AGAIN_MS = 500;

/**
 * Play an element now, and again whenever something other than its end has paused it, as soon as the page is seen.
 * `onBlocked`: the browser wants a tap first. Returns what ends it.
 */
export function keepPlaying(element: HTMLMediaElement, onBlocked: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const play = () => {
    if (element.srcObject === null) return;
    element.play().catch((error: unknown) => {
      if (isBlocked(error)) onBlocked();
    });
  };
  const again = () => {
    clearTimeout(timer);
    if (element.paused && !document.hidden) timer = setTimeout(play, AGAIN_MS);
  };
  element.addEventListener("pause", again);
  document.addEventListener("visibilitychange", again);
  play();
  return () => {
    clearTimeout(timer);
    element.removeEventListener("pause", again);
    document.removeEventListener("visibilitychange", again);
  };
}

/** An interrupted `play()` (`AbortError`) only means that another stream came. */
function isBlocked(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}
