// What people see as one character (UAX #29), and what they don't see at all. Pure.

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter() : null;
/** Letters and symbols by category, and blank all the same; the server knows the same ones. */
const BLANKS = /[\u115f\u1160\u2800\u3164\uffa0\u{1d159}]/gu;

/** The text in pieces that must not be torn apart; in old browsers by code points. */
export function clusters(text: string): string[] {
  return segmenter ? Array.from(segmenter.segment(text), ({ segment }) => segment) : [...text];
}

/** As much of the beginning as has at most so many code points, without tearing a character apart. */
export function shortened(text: string, codePoints: number): string {
  if (text.length <= codePoints) return text;
  let size = 0;
  const end = clusters(text).findIndex((cluster) => {
    size += [...cluster].length;
    return size > codePoints;
  });
  return end < 0 ? text : clusters(text).slice(0, end).join("");
}

/** Whether there is anything to see. */
export function isVisible(text: string): boolean {
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replace(BLANKS, ""));
}
