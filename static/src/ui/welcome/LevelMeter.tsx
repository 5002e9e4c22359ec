import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { onFrame } from "../hooks/frames";

const BARS = [0, 1, 2, 3, 4];

/** Five bars that move with the voice: the proof that the microphone hears. */
export function LevelMeter({ stream }: { stream: MediaStream }) {
  const meeting = useMeeting();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const level = meeting.level(stream);
    if (!level) return;
    return onFrame(() => {
      const filled = Math.min(1, level() * 1.6) * BARS.length;
      [...(ref.current?.children ?? [])].forEach((bar, index) => {
        const part = Math.min(1, Math.max(0, filled - index));
        if (bar instanceof HTMLElement) bar.style.setProperty("--bar", part.toFixed(2));
      });
    });
  }, [meeting, stream]);
  return (
    <div class="level" role="img" aria-label={t("welcome.micLevel")} ref={ref}>
      {BARS.map((bar) => (
        <i key={bar} />
      ))}
    </div>
  );
}
