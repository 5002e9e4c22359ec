// The chat as it is read: what one person writes in a row stands together under one name. Pure.

import type { ChatMessage } from "meet-client/signal/shapes";
import { isVisible, shortened } from "./graphemes";

export const MAX_MESSAGE_LENGTH = 4000;
/** After a longer break the name and the time are shown again. */
const TOGETHER_MS = 5 * 60_000;

export interface ChatGroup {
  /** That of its first message. */
  id: number;
  peerId: string;
  displayName: string;
  at: number;
  messages: ChatMessage[];
}

/** Messages in order, grouped by who wrote them without somebody else or a long silence in between. */
export function groupMessages(messages: readonly ChatMessage[]): ChatGroup[] {
  const groups: ChatGroup[] = [];
  for (const message of messages) {
    const group = groups.at(-1);
    const last = group?.messages.at(-1);
    const same = group?.peerId === message.peerId && group.displayName === message.displayName;
    if (group && last && same && message.at - last.at < TOGETHER_MS) group.messages.push(message);
    else groups.push({ ...pick(message), messages: [message] });
  }
  return groups;
}

function pick({ id, peerId, displayName, at }: ChatMessage) {
  return { id, peerId, displayName, at };
}

/** What is sent of what was typed; null for nothing. */
export function messageText(typed: string): string | null {
  const text = typed.replace(/\r\n?/g, "\n").trim();
  return isVisible(text) ? shortened(text, MAX_MESSAGE_LENGTH) : null;
}
