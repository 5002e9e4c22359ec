// Finds the links in what somebody wrote. Pure.

export type Piece = { text: string; href: string | null };

const CANDIDATE = /\b(?:https?:\/\/|www\.)[^\s<>"]+/gi;
const CLOSING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{", "»": "«", "”": "“" };

/** The text in pieces, links with the address they lead to: http and https only, and only where it is a whole one. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const link = withoutPunctuation(match[0]);
    const href = address(link);
    if (!href) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), href: null });
    pieces.push({ text: link, href });
    from = match.index + link.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}

/** A sentence's end is not the link's; a bracket is, if it was opened in it. */
function withoutPunctuation(found: string): string {
  let link = found;
  for (;;) {
    const last = link.at(-1) ?? "";
    const opening = CLOSING[last];
    const closes = opening !== undefined && count(link, last) > count(link, opening);
    if (!closes && !/[.,;:!?'…]/.test(last)) return link;
    link = link.slice(0, -1);
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function address(link: string): string | null {
  try {
    const url = new URL(/^www\./i.test(link) ? `https://${link}` : link);
    const web = url.protocol === "https:" || url.protocol === "http:";
    return web && (url.hostname.includes(".") || url.hostname === "localhost") ? url.href : null;
  } catch {
    return null;
  }
}
