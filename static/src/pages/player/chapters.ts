import type { Texts } from "./texts";
import type { Chapter } from "./types";

/** So many names stand in a title, then their number. */
const MAX_NAMES = 3;

/** A chapter's title in the page's language; as `recording/composition/chapters.py` makes the English one. */
export function titleOf(chapter: Chapter, texts: Texts): string {
  const share = chapter.happenings.filter(({ kind }) => kind === "share").at(-1);
  if (share) return texts.shares(share.displayName);
  const joins = chapter.happenings.filter(({ kind }) => kind === "join");
  const names = [...new Set(joins.map(({ displayName }) => displayName))];
  if (names.length === 0) return texts.start;
  if (names.length <= MAX_NAMES) return texts.joined(names);
  const shown = names.slice(0, MAX_NAMES - 1);
  return texts.joined([...shown, texts.others(names.length - shown.length)]);
}

/** The chapter of a moment. */
export function chapterAt(chapters: readonly Chapter[], timeS: number): Chapter | undefined {
  return chapters.findLast(({ startS }) => startS <= timeS) ?? chapters[0];
}
