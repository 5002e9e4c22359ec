import type { ListedChapter, ListedHappening } from "../../wire/player";
import type { Texts } from "./texts";

/** So many names stand in a title, then their number. */
const MAX_NAMES = 3;

/** A chapter's title in the page's language; as `recording/composition/write/chapters.py` makes the English one. */
export function titleOf(chapter: ListedChapter, texts: Texts): string {
  const share = chapter.happenings.filter(({ kind }) => kind === "share").at(-1);
  if (share) return texts.shares(share.displayName);
  const joins = namesOf(chapter, "join", texts);
  if (joins.length > 0) return texts.joined(joins);
  const leaves = namesOf(chapter, "leave", texts);
  if (leaves.length > 0) return texts.left(leaves);
  const end = chapter.happenings.filter(({ kind }) => kind === "shareEnd").at(-1);
  return end ? texts.sharesNoMore(end.displayName) : texts.start;
}

/** Whose happenings of a kind these are, as they stand in a title. */
function namesOf(chapter: ListedChapter, wanted: ListedHappening["kind"], texts: Texts): string[] {
  const happenings = chapter.happenings.filter(({ kind }) => kind === wanted);
  const names = [...new Set(happenings.map(({ displayName }) => displayName))];
  if (names.length <= MAX_NAMES) return names;
  const shown = names.slice(0, MAX_NAMES - 1);
  return [...shown, texts.others(names.length - shown.length)];
}

/** The chapter of a moment. */
export function chapterAt(chapters: readonly ListedChapter[], timeS: number): ListedChapter | undefined {
  return chapters.findLast(({ startS }) => startS <= timeS) ?? chapters[0];
}
