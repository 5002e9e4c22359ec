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

/** The Permissions Policy of a document; only Chromium tells it (https://w3c.github.io/webappsec-permissions-policy/). */
interface Policy {
  allowsFeature(feature: string): boolean;
}
interface WithPolicy {
  permissionsPolicy?: Policy;
  featurePolicy?: Policy;
}

/** What the page around this one has to add to its iframe's `allow`; empty where that is not what is in the way. */
export function missingAllow(device: Problem["device"], page: WithPolicy | Document): string {
  const { permissionsPolicy, featurePolicy } = page as WithPolicy;
  const policy = permissionsPolicy ?? featurePolicy;
  if (policy === undefined) return "";
  const features = { both: ["camera", "microphone"], mic: ["microphone"], camera: ["camera"] }[device];
  return features.filter((feature) => !policy.allowsFeature(feature)).join("; ");
}
