import type { PlayerTexts } from "../../i18n/player";
import type { ListedChapter, ListedHappening } from "../../wire/player";

/** So many names stand in a title, then their number. */
const MAX_NAMES = 3;

/** A chapter's title in the page's language; as `recording/composition/write/chapters.py` makes the English one. */
export function titleOf(chapter: ListedChapter, texts: PlayerTexts): string {
  const share = chapter.happenings.filter(({ kind }) => kind === "share").at(-1);
  if (share) return texts.t("chapter.shares", { name: share.displayName });
  const joins = namesOf(chapter, "join", texts);
  if (joins.length > 0) return texts.t("chapter.joined", named(joins, texts));
  const leaves = namesOf(chapter, "leave", texts);
  if (leaves.length > 0) return texts.t("chapter.left", named(leaves, texts));
  const end = chapter.happenings.filter(({ kind }) => kind === "shareEnd").at(-1);
  return end ? texts.t("chapter.sharesNoMore", { name: end.displayName }) : texts.t("chapter.start");
}

/** Whose happenings of a kind these are, as they stand in a title. */
function namesOf(chapter: ListedChapter, wanted: ListedHappening["kind"], texts: PlayerTexts): string[] {
  const happenings = chapter.happenings.filter(({ kind }) => kind === wanted);
  const names = [...new Set(happenings.map(({ displayName }) => displayName))];
  if (names.length <= MAX_NAMES) return names;
  const shown = names.slice(0, MAX_NAMES - 1);
  return [...shown, texts.t("chapter.others", { count: names.length - shown.length })];
}

/** "Ann, Ben and Cleo", and how many these are for the verb; `names` has at least one. */
function named(names: readonly string[], texts: PlayerTexts): { names: string; count: number } {
  const [before, last = ""] = [names.slice(0, -1).join(", "), names.at(-1)];
  return { names: before ? texts.t("chapter.and", { names: before, last }) : last, count: names.length };
}

/** The chapter of a moment. */
export function chapterAt(chapters: readonly ListedChapter[], timeS: number): ListedChapter | undefined {
  return chapters.findLast(({ startS }) => startS <= timeS) ?? chapters[0];
}
