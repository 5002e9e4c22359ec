import { useEffect } from "preact/hooks";

/** Keeps the screen on while mounted and visible, where the browser can and may do that. */
export function useWakeLock(): void {
  useEffect(() => {
    if (!("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const request = async () => {
      if (over || document.hidden || (lock && !lock.released)) return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (over) await lock.release();
      } catch {
        // Refused, for example by the battery saver or an iframe's policy: then the screen dims as it does anyway.
      }
    };
    void request();
    document.addEventListener("visibilitychange", request);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", request);
      void lock?.release();
    };
  }, []);
}
