/**
 * The address of a player that may be shown in a frame, or null: web pages only, and none of our own, which a sandbox
 * with `allow-same-origin` would not hold.
 */
export function embedUrl(url: string, ownOrigin: string): string | null {
  try {
    const { protocol, origin, href } = new URL(url);
    return (protocol === "https:" || protocol === "http:") && origin !== ownOrigin ? href : null;
  } catch {
    return null;
  }
}
