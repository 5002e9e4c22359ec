/** A time as players write it: `1:02`, `1:02:03`. */
export function clock(timeS: number): string {
  const whole = Math.max(0, Math.floor(timeS));
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = String(seconds).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${padded}` : `${minutes}:${padded}`;
}

/** Writes the times of a page that Django renders as people here do. */
export function localTimes(root: ParentNode, language: string | undefined): void {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}
