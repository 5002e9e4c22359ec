import { useEffect, useState } from "preact/hooks";

/** Whether two fingers have made the page larger than its window, always up to date: one finger moves it then. */
export function useZoomed(): boolean {
  const [zoomed, setZoomed] = useState(false);
  useEffect(() => {
    const visual = window.visualViewport;
    if (!visual) return;
    const look = () => setZoomed(visual.scale > 1);
    look();
    visual.addEventListener("resize", look);
    return () => visual.removeEventListener("resize", look);
  }, []);
  return zoomed;
}
