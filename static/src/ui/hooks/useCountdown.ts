import { useEffect, useState } from "preact/hooks";

/** Whole seconds that are left of those that `from` gave at the beginning; `over` is called once there are none. */
export function useCountdown(from: () => number, over: () => void): number {
  const [endMs] = useState(() => performance.now() + 1000 * from());
  const [left, setLeft] = useState(() => secondsUntil(endMs));
  useEffect(() => {
    const timer = setInterval(() => {
      const seconds = secondsUntil(endMs);
      setLeft(seconds);
      if (seconds === 0) {
        clearInterval(timer);
        over();
      }
    }, 1000);
    return () => clearInterval(timer);
  }, [endMs]);
  return left;
}

function secondsUntil(endMs: number): number {
  return Math.max(0, Math.round((endMs - performance.now()) / 1000));
}
