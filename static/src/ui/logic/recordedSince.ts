import { locale, t } from "../../i18n";

/** Since what time of the day a meeting is being recorded. */
export function recordedSince(sinceMs: number): string {
  const time = new Date(sinceMs).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
  return t("recording.since", { time });
}
