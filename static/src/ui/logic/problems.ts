// Why the camera or the microphone gives nothing, in the words of the welcome screen. Pure.

import type { LocalSource, MediaError } from "../../store/types";

export interface Problem {
  device: "both" | "mic" | "camera";
  error: MediaError;
}

/** What to explain: one problem where both devices have the same, else one each. */
export function problemsOf(mic: LocalSource, camera: LocalSource): Problem[] {
  if (mic.error && mic.error === camera.error) return [{ device: "both", error: mic.error }];
  const problems: Problem[] = [];
  if (camera.error) problems.push({ device: "camera", error: camera.error });
  if (mic.error) problems.push({ device: "mic", error: mic.error });
  return problems;
}
