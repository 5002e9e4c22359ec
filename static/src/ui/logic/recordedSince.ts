import { localesOf } from "../../i18n/language";
import { locale, t } from "../../i18n/room";

/** Since what time of the day a meeting is being recorded. */
export function recordedSince(sinceMs: number): string {
  const time = new Date(sinceMs).toLocaleTimeString(localesOf(locale()), {
    hour: "2-digit",
    minute: "2-digit",
  });
  return t("recording.since", { time });
}
