import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bitrate, count, duration, sending, someNames } from "../../src/pages/live/figures";
import { admit, remove, stop } from "../../src/pages/live/orders";
import { watch } from "../../src/pages/live/watch";
import type { LivePeer, LiveProducer } from "../../src/wire/live";

function producer(source: LiveProducer["source"], bitrateBps: number, paused = false): LiveProducer {
  return { id: source, source, mimeType: "", paused, bitrateBps };
}

function peer(...producers: LiveProducer[]): LivePeer {
  return {
    peerId: "a",
    displayName: "Ada",
    role: "participant",
    viewer: false,
    joinedAt: 0,
    handRaised: false,
    quality: "good",
    producers,
  };
}

describe("words and numbers", () => {
  it("tell how long in minutes", () => {
    expect([-5, 59_999, 60_000, 3_599_999, 3_600_000, 90 * 60_000].map(duration)).toEqual([
      "less than a minute",
      "less than a minute",
      "1 min",
      "59 min",
      "1 h 0 min",
      "1 h 30 min",
    ]);
  });

  it("tell bits per second in the unit that fits", () => {
    expect([0, 31_600, 999_000, 1_240_000].map(bitrate)).toEqual([
      "0 kbit/s",
      "32 kbit/s",
      "999 kbit/s",
      "1.2 Mbit/s",
    ]);
  });

  it("count and name people", () => {
    expect(count(1, "person", "people")).toBe("1 person");
    expect(count(2000, "person", "people")).toBe("2,000 people");
    expect(someNames(["Ada", "Ben"], 2)).toBe("Ada, Ben");
    expect(someNames(["Ada", "Ben"], 5)).toBe("Ada, Ben and 3 more");
  });
});

describe("what somebody sends", () => {
  it("is on, paused or off for each device; a screen comes with its sound", () => {
    const ada = peer(
      producer("mic", 30_000, true),
      producer("screen", 400_000),
      producer("screenAudio", 50_000),
    );
    expect(sending(ada, "mic")).toEqual({ status: "paused", bps: 0 });
    expect(sending(ada, "camera")).toEqual({ status: "off", bps: 0 });
    expect(sending(ada, "screen")).toEqual({ status: "on", bps: 450_000 });
  });
});

describe("orders", () => {
  it("are commands with the fields that the control API knows", () => {
    const waiting = { peerId: "a", displayName: "Ada", since: 0 };
    expect(stop(peer(), "camera")).toMatchObject({
      command: "stopTrack",
      data: { peerId: "a", device: "camera" },
    });
    expect(remove(peer())).toMatchObject({ command: "kick", data: { peerId: "a" } });
    expect(admit(waiting, false)).toMatchObject({
      command: "admit",
      data: { peerId: "a", admitted: false },
    });
  });
});

describe("a page that keeps itself up to date", () => {
  let answers: (() => Promise<unknown>)[];
  let page: { hidden: boolean; addEventListener: (name: string, listener: () => void) => void };
  let lookedAt: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    answers = [];
    page = {
      hidden: false,
      addEventListener: (_, listener) => {
        lookedAt = listener;
      },
    };
    vi.stubGlobal("document", page);
    vi.stubGlobal(
      "fetch",
      vi.fn((_: string, { signal }: RequestInit) => {
        const aborted = new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
        });
        return Promise.race([answers.shift()?.() ?? json({ now: 0 }), aborted]);
      }),
    );
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const json = async (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
  const never = () => new Promise(() => {});
  const asked = () => vi.mocked(fetch).mock.calls.length;

  it("asks again and again, and not while it is hidden", async () => {
    answers = [() => json({ now: 1 }), () => json({ now: 2 })];
    const watched = watch<{ now: number }>("/state/");
    await vi.advanceTimersByTimeAsync(0);
    expect(watched.state.value).toEqual({ now: 1 });
    await vi.advanceTimersByTimeAsync(2500);
    expect(watched.state.value).toEqual({ now: 2 });
    page.hidden = true;
    lookedAt();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(2);
    page.hidden = false;
    lookedAt();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked()).toBe(3);
  });

  it("says what is the matter, keeps what it had, and goes on", async () => {
    answers = [
      () => json({ now: 1 }),
      () => json({ error: { message: "The meeting server serv0 does not answer." } }, 503),
      async () => new Response("<html>", { status: 500 }),
      () => Promise.reject(new TypeError("Failed to fetch")),
      never,
      async () => ({ type: "opaqueredirect" }),
      () => json({ now: 2 }),
    ];
    const watched = watch<{ now: number }>("/state/");
    const problems: (string | null)[] = [];
    for (const ms of [2500, 2500, 2500, 2500 + 10_000, 2500]) {
      await vi.advanceTimersByTimeAsync(ms);
      problems.push(watched.problem.value);
      expect(watched.state.value).toEqual({ now: 1 });
    }
    expect(problems).toEqual([
      "The meeting server serv0 does not answer.",
      "The server answered with an error (500).",
      "The server can't be reached. Trying again …",
      "The server takes too long. Trying again …",
      "You are not logged in any more. Load this page again.",
    ]);
    await vi.advanceTimersByTimeAsync(2500);
    expect([watched.state.value, watched.problem.value]).toEqual([{ now: 2 }, null]);
  });

  it("does not take an answer of before an order for one of after", async () => {
    let late: (answer: Response) => void = () => {};
    answers = [() => new Promise((resolve) => (late = resolve)), () => json({ now: 2 })];
    const watched = watch<{ now: number }>("/state/");
    await watched.refresh();
    late(await json({ now: 1 }));
    await vi.advanceTimersByTimeAsync(0);
    expect(watched.state.value).toEqual({ now: 2 });
    await vi.advanceTimersByTimeAsync(2499);
    expect(asked()).toBe(2);
  });
});
