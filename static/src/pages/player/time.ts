import { localesOf } from "../../i18n/language";

/** A time as players write it: `1:02`, `1:02:03`. */
export function clock(timeS: number): string {
  const whole = Math.max(0, Math.floor(timeS));
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = String(seconds).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${padded}` : `${minutes}:${padded}`;
}

/** What writes moments in a language. */
export function momentFormat(language: string, dateStyle: "medium" | "long"): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(localesOf(language), { dateStyle, timeStyle: "short" });
}

/** Writes the times of a page that Django renders in the page's language, and in the time zone of who reads it. */
export function localTimes(root: ParentNode, language: string): void {
  const format = momentFormat(language, "medium");
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}
