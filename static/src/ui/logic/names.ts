// Display names: what is allowed, how they are shortened for an avatar, and how the last one is remembered.

import { clusters, isVisible } from "./graphemes";

export const MAX_NAME_LENGTH = 64;
const STORAGE_KEY = "meet.name";

export type NameProblem = "welcome.nameMissing" | "welcome.nameTooLong";

/** Without blanks around it or doubled inside; the server cleans it again, by the same rules and more. */
export function cleanName(name: string): string {
  return name.normalize("NFC").replace(/\s+/g, " ").trim();
}

export function nameProblem(name: string): NameProblem | null {
  const cleaned = cleanName(name);
  if (!isVisible(cleaned)) return "welcome.nameMissing";
  return clusters(cleaned).length > MAX_NAME_LENGTH ? "welcome.nameTooLong" : null;
}

/** One or two letters for an avatar: of the first and the last word that have any; else the first character. */
export function initials(name: string): string {
  const letters = cleanName(name)
    .split(" ")
    .map((word) => word.match(/[\p{L}\p{N}]/u)?.[0])
    .filter((letter) => letter !== undefined);
  const first = letters[0];
  if (first === undefined) return clusters(cleanName(name))[0] ?? "?";
  const last = letters.length > 1 ? letters.at(-1) : "";
  return (first + last).toLocaleUpperCase();
}

/** A number from 0 to `colours - 1` that is always the same for the same identity (FNV-1a). */
export function colourIndex(identity: string, colours: number): number {
  let hash = 0x811c9dc5;
  for (const character of identity) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash % colours;
}

/** The name used last in this browser; empty where storage is off, as in many embedded pages. */
export function rememberedName(): string {
  try {
    return localStorage.getItem(STORAGE_KEY) ?? "";
  } catch {
    return "";
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(STORAGE_KEY, name);
  } catch {
    // Storage is off: then the name is asked for again next time.
  }
}
