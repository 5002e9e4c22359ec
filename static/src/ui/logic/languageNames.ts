/** A language's name in that language, where the browser knows it; else its tag. */
export function autonym(tag: string): string {
  try {
    const name = new Intl.DisplayNames([tag], { type: "language", fallback: "none" }).of(tag);
    return name ? name.charAt(0).toLocaleUpperCase(tag) + name.slice(1) : tag;
  } catch {
    return tag; // not of a tag's shape
  }
}
