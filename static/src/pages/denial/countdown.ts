// How long it is until the event, by the server's clock.

const SECOND_MS = 1000;
const DAY_S = 24 * 3600;

/** The milliseconds left at `nowMs`; both clocks were read when the page was made (`server`) and loaded (`local`). */
export function leftMs(
  startMs: number,
  nowMs: number,
  clocks: { serverMs: number; localMs: number },
): number {
  return Math.max(0, startMs - (clocks.serverMs + nowMs - clocks.localMs));
}

/** "2 days 03:04:05", "3:04:05", "04:05": whole seconds, rounded up, so that zero is really the start. */
export function countdownText(ms: number, locales: string[]): string {
  const total = Math.ceil(ms / SECOND_MS);
  const days = Math.floor(total / DAY_S);
  const hours = Math.floor((total % DAY_S) / 3600);
  const clock = [Math.floor((total % 3600) / 60), total % 60].map(twoDigits).join(":");
  if (days === 0) return hours === 0 ? clock : `${hours}:${clock}`;
  const shown = new Intl.NumberFormat(locales, { style: "unit", unit: "day", unitDisplay: "long" }).format(
    days,
  );
  return `${shown} ${twoDigits(hours)}:${clock}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
