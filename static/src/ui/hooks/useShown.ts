import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Source } from "../../signal/shapes";
import { useMeeting } from "../context";

/**
 * Tells the meeting how large a remote video is on this screen, so that only what is seen is received: nothing while
 * the element isn't there or the page is hidden.
 */
export function useShown(
  ref: RefObject<HTMLElement | null>,
  peerId: string,
  source: Source,
  remote: boolean,
): void {
  const meeting = useMeeting();
  useEffect(() => {
    const element = ref.current;
    if (!element || !remote) return;
    const report = () => {
      const ratio = window.devicePixelRatio || 1;
      const width = Math.round(element.offsetWidth * ratio);
      const height = Math.round(element.offsetHeight * ratio);
      meeting.show(peerId, source, document.hidden || width === 0 || height === 0 ? null : { width, height });
    };
    const observer = new ResizeObserver(report);
    observer.observe(element);
    document.addEventListener("visibilitychange", report);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", report);
      meeting.show(peerId, source, null);
    };
  }, [meeting, ref, peerId, source, remote]);
}
