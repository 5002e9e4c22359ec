import { beforeEach, describe, expect, it } from "vitest";
import { HEDGE_MS, hedged, MOST_AT_ONCE, MOST_BEGUN } from "../../src/signal/hedged";
import { FakeClock, settled } from "../fakes/clock";

interface Asked {
  atMs: number;
  answer(value: string): void;
  fail(): void;
  cancelled: boolean;
}

let clock: FakeClock;
let asked: Asked[];
let network: Set<() => void>;
let result: string;
let startMs: number;

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  network = new Set();
  result = "";
  startMs = clock.now();
  hedged<string>({
    begin: () => {
      const one: Asked = { atMs: clock.now() - startMs, answer: () => {}, fail: () => {}, cancelled: false };
      asked.push(one);
      return {
        result: new Promise((resolve, reject) => {
          one.answer = resolve;
          one.fail = () => reject(new Error("failed"));
        }),
        cancel: () => {
          one.cancelled = true;
          one.fail();
        },
      };
    },
    clock,
    random: () => 0.5,
    onNetwork: (listener) => {
      network.add(listener);
      return () => network.delete(listener);
    },
  }).then(
    (value) => {
      result = value;
    },
    (error: Error) => {
      result = error.message;
    },
  );
});

const times = () => asked.map(({ atMs }) => atMs);
const open = () => asked.filter(({ cancelled }) => !cancelled).map(({ atMs }) => atMs);

describe("what is asked in time", () => {
  it("is asked once where the answer comes", async () => {
    await clock.advance(HEDGE_MS - 1);
    asked[0]?.answer("here");
    await clock.advance(60_000);
    expect([result, times(), clock.waiting, network.size]).toEqual(["here", [0], 0, 0]);
  });

  it("fails at once where that fails: when to try again is the caller's business", async () => {
    asked[0]?.fail();
    await clock.advance(60_000);
    expect([result, times(), clock.waiting, network.size]).toEqual(["failed", [0], 0, 0]);
  });
});

describe("what the network swallows", () => {
  it("is asked again, less and less often, and not for ever", async () => {
    await clock.advance(120_000);
    expect(times()).toEqual([0, 2000, 4000, 7000, 11_500, 18_250]);
    expect(asked).toHaveLength(MOST_BEGUN);
    expect(open()).toHaveLength(MOST_AT_ONCE);
    expect(result).toBe("");
    for (const one of asked) one.fail();
    await settled();
    expect(result).toBe("failed");
  });

  it("may be answered late all the same: the others are called off", async () => {
    await clock.advance(5000);
    asked[0]?.answer("late");
    await settled();
    expect([result, asked.map(({ cancelled }) => cancelled)]).toEqual(["late", [false, true, true]]);
    await clock.advance(60_000);
    expect(asked).toHaveLength(3);
  });

  it("is asked soon after there is a network again, and from then on as before", async () => {
    await clock.advance(4900);
    for (const listener of network) listener();
    await clock.advance(199);
    expect(times()).toEqual([0, 2000, 4000]);
    await clock.advance(1);
    expect(times()).toEqual([0, 2000, 4000, 5100]);
    expect(open()).toEqual([2000, 4000, 5100]);
  });
});
