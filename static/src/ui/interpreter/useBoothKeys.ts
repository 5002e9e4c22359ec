import { useEffect, useRef } from "preact/hooks";
import { type BoothAction, boothAction, whereOf } from "../logic/boothKeys";

interface Keys {
  run(action: Exclude<BoothAction, "cough">): void;
  cough(held: boolean): void;
}

/** The keys of a booth, before whatever has the focus gets them: a button is pressed by Enter here, not by the space bar. */
export function useBoothKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let coughing: string | null = null;
    const onKeyDown = (event: KeyboardEvent) => {
      const action = boothAction(event, whereOf(event.target));
      if (action === null) return;
      event.preventDefault();
      if (action === "mic") event.stopPropagation();
      if (event.repeat) return;
      if (action !== "cough") {
        latest.current.run(action);
      } else {
        coughing = event.code;
        latest.current.cough(true);
      }
    };
    const onKeyUp = (event: KeyboardEvent) => {
      if (coughing !== null && event.code === coughing) {
        coughing = null;
        latest.current.cough(false);
      }
      if (event.key === " " && whereOf(event.target) !== "text") event.preventDefault(); // it would click
    };
    const forget = () => {
      coughing = null;
    };
    window.addEventListener("keydown", onKeyDown, true);
    window.addEventListener("keyup", onKeyUp, true);
    window.addEventListener("blur", forget);
    return () => {
      window.removeEventListener("keydown", onKeyDown, true);
      window.removeEventListener("keyup", onKeyUp, true);
      window.removeEventListener("blur", forget);
    };
  }, []);
}
