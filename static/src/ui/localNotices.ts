// Short messages that the page itself has, beside those of the meeting.

import { signal } from "@preact/signals";
import type { Notice } from "../store/types";

export const localNotices = signal<readonly Notice[]>([]);

const STAY_MS = 7000;
let lastId = 0;

export function notify(level: Notice["level"], key: string, values: Record<string, string> = {}): void {
  lastId -= 1; // the meeting counts upwards
  const id = lastId;
  localNotices.value = [...localNotices.value, { id, level, key, values }];
  setTimeout(() => dismissLocal(id), STAY_MS);
}

export function dismissLocal(id: number): void {
  localNotices.value = localNotices.value.filter((notice) => notice.id !== id);
}
