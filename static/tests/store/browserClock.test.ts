import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrowserClock, type TimerWorker } from "../../src/store/browserClock";

class FakeWorker implements TimerWorker {
  readonly requests: [number, number][] = [];
  onmessage: TimerWorker["onmessage"] = null;
  postMessage(request: [number, number]) {
    this.requests.push(request);
  }
  fire(index: number) {
    const id = this.requests[index]?.[0] ?? -1;
    this.onmessage?.({ data: id } as MessageEvent<number>);
  }
}

describe("the browser's clock", () => {
  let hidden = false;
  let workers: FakeWorker[] = [];
  let clock: BrowserClock;
  let ran: string[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    hidden = false;
    workers = [];
    ran = [];
    clock = new BrowserClock(
      () => hidden,
      () => {
        const worker = new FakeWorker();
        workers.push(worker);
        return worker;
      },
    );
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("counts in the page while somebody sees it", () => {
    clock.after(1000, () => ran.push("kept"));
    clock.after(1000, () => ran.push("cancelled"))();
    vi.advanceTimersByTime(999);
    expect(ran).toEqual([]);
    vi.advanceTimersByTime(1);
    expect([ran, workers]).toEqual([["kept"], []]);
  });

  it("counts in one worker while nobody does", () => {
    hidden = true;
    clock.after(4000, () => ran.push("first"));
    const cancel = clock.after(5000, () => ran.push("second"));
    clock.after(6000, () => ran.push("third"));
    cancel();
    vi.advanceTimersByTime(10_000);
    expect(ran).toEqual([]);
    expect(workers.map(({ requests }) => requests.map(([, delayMs]) => delayMs))).toEqual([
      [4000, 5000, 6000],
    ]);
    for (const index of [0, 0, 1, 2]) {
      workers[0]?.fire(index);
    }
    expect(ran).toEqual(["first", "third"]);
  });
});
