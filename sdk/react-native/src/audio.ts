// Where a call is heard, and that the system knows that there is one.

import { useEffect } from "react";
import InCallManager from "react-native-incall-manager";

/**
 * While `active`, this phone is in a call: the right volume and echo cancellation, the screen dark at the ear. `speaker`
 * is loud, `earpiece` is at the ear; headsets are preferred to both, by Bluetooth too.
 */
export function useAudioRoute(active: boolean, route: "speaker" | "earpiece" = "speaker"): void {
  useEffect(() => {
    if (!active) {
      return;
    }
    InCallManager.start({ media: "video" });
    InCallManager.setKeepScreenOn(true);
    return () => InCallManager.stop();
  }, [active]);
  useEffect(() => {
    if (active) {
      InCallManager.setSpeakerphoneOn(route === "speaker");
    }
  }, [active, route]);
}
