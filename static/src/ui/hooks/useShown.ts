import type { Importance } from "meet-client/rtc/layers";
import type { Source } from "meet-client/signal/shapes";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { useMeeting } from "../context";

/**
 * Tells the meeting how large a remote video is on this screen, so that only what is seen is received: nothing while
 * the element isn't there or the page is hidden. And how much it matters, for when not everything can be received.
 */
export function useShown(
  ref: RefObject<HTMLElement | null>,
  peerId: string,
  source: Source,
  remote: boolean,
  { onStage, priority }: Importance,
): void {
  const meeting = useMeeting();
  useEffect(() => {
    const element = ref.current;
    if (!element || !remote) return;
    const report = () => {
      const ratio = window.devicePixelRatio || 1;
      const width = Math.round(element.offsetWidth * ratio);
      const height = Math.round(element.offsetHeight * ratio);
      const seen = !document.hidden && width > 0 && height > 0;
      meeting.show(peerId, source, seen ? { width, height } : null, { onStage, priority });
    };
    const observer = new ResizeObserver(report);
    observer.observe(element);
    document.addEventListener("visibilitychange", report);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", report);
      meeting.show(peerId, source, null);
    };
  }, [meeting, ref, peerId, source, remote, onStage, priority]);
}
