// Short messages that the page itself has, beside those of the meeting.

import { signal } from "@preact/signals";
import type { PlainKey } from "../i18n/room";
import type { Notice } from "../store/types";

/** What can still be done about what the message tells; its `key` is the button's text. */
export interface NoticeAction {
  key: PlainKey;
  run: () => void;
}

export interface LocalNotice extends Notice {
  action: NoticeAction | null;
}

export const localNotices = signal<readonly LocalNotice[]>([]);

const STAY_MS = 7000;
/** Long enough to read, to decide, and to get there. */
const STAY_WITH_ACTION_MS = 12_000;
let lastId = 0;

export function notify(
  level: Notice["level"],
  key: string,
  values: Record<string, string> = {},
  action: NoticeAction | null = null,
): void {
  lastId -= 1; // the meeting counts upwards
  const id = lastId;
  const told = JSON.stringify(values);
  const others = localNotices.value.filter((one) => one.key !== key || JSON.stringify(one.values) !== told);
  localNotices.value = [...others, { id, level, key, values, action }];
  setTimeout(() => dismissLocal(id), action ? STAY_WITH_ACTION_MS : STAY_MS);
}

export function dismissLocal(id: number): void {
  localNotices.value = localNotices.value.filter((notice) => notice.id !== id);
}
