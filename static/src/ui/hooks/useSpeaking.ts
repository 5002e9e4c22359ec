import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { useMeeting } from "../context";
import { hear, SILENT } from "../logic/speaking";
import { onFrame } from "./frames";

/** Sets `data-speaking` on an element while the stream is loud. Without rendering: it changes too often for that. */
export function useSpeaking(ref: RefObject<HTMLElement | null>, stream: MediaStream | null): void {
  const meeting = useMeeting();
  useEffect(() => {
    const element = ref.current;
    const level = stream && meeting.level(stream);
    if (!element || !level) return;
    let speaking = SILENT;
    const stop = onFrame((now) => {
      const next = hear(speaking, level(), now);
      if (next.on !== speaking.on) element.toggleAttribute("data-speaking", next.on);
      speaking = next;
    });
    return () => {
      stop();
      element.removeAttribute("data-speaking");
    };
  }, [meeting, ref, stream]);
}
