// What the form says, as a link, as code for a page, and as the part of our own address that keeps it. No DOM here.

export interface Choices {
  interface: "call" | "webinar";
  /** By attribute; without those that are not set. */
  values: Record<string, string>;
}

export const ALLOW = "camera; microphone; fullscreen; display-capture; autoplay; screen-wake-lock";

/** The room's address below `base`, which is the interface's own address. */
export function linkOf(base: string, { values }: Choices): string {
  const query = new URLSearchParams();
  // The room first, as everybody writes it.
  for (const name of ["roomId", ...Object.keys(values)]) {
    const value = values[name];
    if (value) query.set(name, value);
  }
  return `${base}?${query}`;
}

/** What to paste into a page: the iframe, and the library that talks to it. */
export function snippetOf(link: string, library: string, roomId: string): string {
  return [
    `<iframe id="room" src="${escaped(link)}"`,
    `  allow="${ALLOW}"`,
    `  style="width: 100%; height: 640px; border: 0"></iframe>`,
    `<script src="${escaped(library)}"></script>`,
    "<script>",
    "  const bridge = new MeetIframeBridge.default({",
    `    element: document.getElementById("room"), roomId: ${inScript(roomId)}`,
    "  });",
    '  bridge.on("join", ({ peerId, displayName }) => console.log(displayName, peerId));',
    "</script>",
  ].join("\n");
}

/** For the part of our address behind the #. */
export function hashOf(choices: Choices): string {
  const kept = new URLSearchParams(choices.values);
  if (choices.interface === "webinar") kept.set("interface", "webinar");
  return kept.toString();
}

/** The reverse of `hashOf`, for the attributes that there are. */
export function choicesOf(hash: string, names: readonly string[]): Choices {
  const kept = new URLSearchParams(hash.replace(/^#/, ""));
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = kept.get(name);
    if (value) values[name] = value;
  }
  return { interface: kept.get("interface") === "webinar" ? "webinar" : "call", values };
}

/** What a token says (RFC 7519), without checking who has signed it; null if it is none. */
export function claimsOf(token: string): Record<string, unknown> | null {
  const payload = token.trim().split(".")[1];
  if (payload === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (char) =>
      char.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null && !Array.isArray(claims)
      ? (claims as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** An id that nobody guesses, without letters that look alike. */
export function newRoomId(random: Uint8Array): string {
  const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  return [...random].map((byte) => alphabet[byte % alphabet.length]).join("");
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
}

/** A text as JavaScript inside of HTML, where `</script>` must not be. */
function inScript(text: string): string {
  return JSON.stringify(text).replace(/</g, "\\u003c");
}
