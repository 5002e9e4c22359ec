// Runs in a worker: says an id again after a while. Browsers don't slow workers down as they do hidden pages.

/** What a page asks for: an id to say again, and after how many ms. */
export type TimerRequest = [id: number, delayMs: number];

addEventListener("message", ({ data: [id, delayMs] }: MessageEvent<TimerRequest>) => {
  setTimeout(() => postMessage(id), delayMs);
});
