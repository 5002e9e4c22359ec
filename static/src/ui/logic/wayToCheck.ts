// The way from a room's page to the page that checks devices and network, and back.

const KEY = "meet.check.back";

type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** The address of the check for a room, in the page's language. */
export function checkPath(roomId: string, language: string): string {
  return `/check?${new URLSearchParams({ roomId, lang: language })}`;
}

/** Remember the room's page, for this tab. */
export function leaveFor(room: { pathname: string; search: string }, storage: () => Storage): void {
  try {
    storage().setItem(KEY, room.pathname + room.search);
  } catch {
    // forbidden: then the browser's own button leads back
  }
}

/** The address of that page; null where there is none. Only pages of rooms are led to. */
export function wayBack(storage: () => Storage): string | null {
  try {
    const kept = storage().getItem(KEY);
    return kept !== null && /^\/(call|webinar)\/(\?|$)/.test(kept) ? kept : null;
  } catch {
    return null;
  }
}
