// The microphone of a booth: its key turns it on and off, and the cough button keeps it silent while held. Pure.

/** What holds the cough button down; both may at once. */
export type Holder = "key" | "pointer";

export interface Cough {
  holders: readonly Holder[];
  /** The microphone is turned on again when the last holder lets go. */
  resumes: boolean;
}

/** What follows: how the button stands then, and what to do with the microphone; null for nothing. */
export interface Answer {
  cough: Cough;
  mic: boolean | null;
}

/** What the key shows. `cough`: silent as long as the button is held. `unheard`: on, but it goes to nobody. */
export type MicState = "live" | "muted" | "cough" | "starting" | "unheard";

export const NO_COUGH: Cough = { holders: [], resumes: false };

export function isHeld({ holders }: Cough): boolean {
  return holders.length > 0;
}

/** The cough button goes down while the microphone is on or off. */
export function press(cough: Cough, holder: Holder, on: boolean): Answer {
  if (cough.holders.includes(holder)) return { cough, mic: null };
  const first = !isHeld(cough);
  const silences = first && on;
  return {
    cough: { holders: [...cough.holders, holder], resumes: first ? on : cough.resumes },
    mic: silences ? false : null,
  };
}

/** It comes up. */
export function release(cough: Cough, holder: Holder): Answer {
  const holders = cough.holders.filter((other) => other !== holder);
  const over = isHeld(cough) && holders.length === 0;
  if (!over) return { cough: { ...cough, holders }, mic: null };
  return { cough: NO_COUGH, mic: cough.resumes ? true : null };
}

/** The microphone's key is pressed; while coughing, it decides what comes after. */
export function toggle(cough: Cough, on: boolean): Answer {
  return isHeld(cough) ? { cough: { ...cough, resumes: !cough.resumes }, mic: null } : { cough, mic: !on };
}

/** Something else has turned the microphone on, as a handover does: it waits until the button is up. */
export function turnedOn(cough: Cough): Answer {
  return isHeld(cough) ? { cough: { ...cough, resumes: true }, mic: false } : { cough, mic: null };
}

/** The word is not mine any more: handed over, or forbidden. */
export function givenUp(cough: Cough): Answer {
  return { cough: { ...cough, resumes: false }, mic: null };
}

/** The page has lost the keyboard and can't tell whether the button is still held: then nothing goes live by itself. */
export function lost(): Answer {
  return { cough: NO_COUGH, mic: null };
}

/** What the key shows, for a microphone that stands like that; `heard`: what it sends reaches the listeners. */
export function micState(cough: Cough, status: "off" | "starting" | "on", heard: boolean): MicState {
  if (isHeld(cough) && cough.resumes) return "cough";
  if (status === "on") return heard ? "live" : "unheard";
  return status === "starting" ? "starting" : "muted";
}
