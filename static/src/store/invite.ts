// The link that others are invited with. Pure.

import type { Boot } from "../wire/boot";

/**
 * The link for others: what the account says, else this room's and nothing that belongs to me, such as my name or my
 * token. Null where neither can bring anybody in.
 */
export function inviteUrl(origin: string, boot: Boot): string | null {
  const { interface: kind, roomId, opensBare, attributes } = boot;
  if (attributes.inviteUrl !== "") return attributes.inviteUrl;
  return opensBare ? `${origin}/${kind}/?${new URLSearchParams({ roomId })}` : null;
}
