import { useEffect, useRef } from "preact/hooks";
import { type Action, actionFor, isTyping } from "../logic/keyboard";

/** Runs an action for each shortcut pressed while mounted. */
export function useShortcuts(run: (action: Action) => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const action = actionFor(event, isTyping(event.target));
      if (!action) return;
      event.preventDefault();
      latest.current(action);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
