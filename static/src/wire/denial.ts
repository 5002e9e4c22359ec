// Generated from meet/views/boot.py by `make generate`. Do not edit.

/** Why somebody may not enter. `message` and `hint` are for who made the link, `detail` for everybody. */
export interface DenialBoot {
  code: string;
  message: string;
  hint: string;
  detail: string;
  language: string;
  ticketUrl: string;
  startMs: number | null;
  nowMs: number;
  retryS: number;
}
