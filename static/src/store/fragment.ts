// What an address has behind its `#`: browsers keep that to themselves, so attributes there have no effect. Pure.

const MAX_NAMES = 10;
const NAME = /^[a-zA-Z]{2,40}$/;

/** A sentence for each name of an attribute behind the `#`, for those who made the link. */
export function fragmentWarnings(hash: string): string[] {
  const text = hash.replace(/^#[/!]*\??/, "");
  if (!text.includes("=")) return [];
  const names = new Set([...new URLSearchParams(text).keys()].filter((name) => NAME.test(name)));
  return [...names]
    .slice(0, MAX_NAMES)
    .map((name) => `${name} has no effect behind the # of an address: write it before, as &${name}=….`);
}
