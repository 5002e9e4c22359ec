import { linkify } from "./linkify";

/** Where a contact leads to, if it is a mail or a web address; null for a number or a name, which is only read. */
export function contactHref(contact: string): string | null {
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(contact)) return `mailto:${contact}`;
  const pieces = linkify(contact);
  return pieces.length === 1 ? (pieces[0]?.href ?? null) : null;
}
