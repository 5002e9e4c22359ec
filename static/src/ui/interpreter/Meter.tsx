import { useEffect, useRef } from "preact/hooks";
import { useMeeting } from "../context";
import { onFrame } from "../hooks/frames";

/** Speech near a microphone fills about two thirds of it. */
const GAIN = 1.6;

interface Props {
  label: string;
  /** Null for nothing to measure. */
  stream: MediaStream | null;
}

/** A bar as long as a stream is loud. */
export function Meter({ label, stream }: Props) {
  const meeting = useMeeting();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const level = stream && meeting.level(stream);
    const bar = ref.current;
    if (!level || !bar) return;
    const stop = onFrame(() => bar.style.setProperty("--level", Math.min(1, level() * GAIN).toFixed(2)));
    return () => {
      stop();
      bar.style.removeProperty("--level");
    };
  }, [meeting, stream]);
  return <div class="meter" role="img" aria-label={label} ref={ref} />;
}
