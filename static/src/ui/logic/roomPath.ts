/**
 * Which room somebody means who typed or pasted `text`: a room's name, or a whole link to one on this server.
 * Returns the path to go to, or null where it is neither.
 */
export function roomPath(text: string, origin: string): string | null {
  const wanted = text.trim();
  if (/^[A-Za-z0-9][\w-]{0,127}$/.test(wanted)) return `/call/?${new URLSearchParams({ roomId: wanted })}`;
  let url: URL;
  try {
    url = new URL(/^https?:\/\//.test(wanted) ? wanted : `https://${wanted}`);
  } catch {
    return null;
  }
  const kind = /^\/(call|webinar)\/?$/.exec(url.pathname)?.[1];
  const ours = url.host === new URL(origin).host;
  return kind && ours && url.searchParams.get("roomId") ? `/${kind}/${url.search}` : null;
}
