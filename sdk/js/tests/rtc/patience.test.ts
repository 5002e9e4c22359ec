import { describe, expect, it } from "vitest";
import { Patience, type Patient, waitMs } from "../../src/rtc/patience";
import type { Counts, Entry } from "../../src/rtc/statistics";
import { asTrack, FakeTrack } from "../fakes/tracks";

const seen = { packets: 500, repairs: 25, frames: 75, dropped: 0 };

describe("the wait for packets that are sent again", () => {
  it("is one and a half round trips where packets get lost, and none elsewhere", () => {
    expect(waitMs(0, 200, seen)).toBe(350);
    expect(waitMs(0, 40, seen)).toBe(110);
    expect(waitMs(0, 200, { ...seen, repairs: 1 })).toBe(0);
  });

  it("is at once that of a far sender where pictures are left out nevertheless, then longer, half a second at most", () => {
    expect(waitMs(0, 2, { ...seen, dropped: 20 })).toBe(250);
    expect(waitMs(110, 40, { ...seen, dropped: 20 })).toBe(250);
    expect(waitMs(250, 40, { ...seen, dropped: 20 })).toBe(375);
    expect(waitMs(400, 40, { ...seen, dropped: 20 })).toBe(500);
    expect(waitMs(0, 2000, seen)).toBe(500);
  });

  it("stays while packets get lost, and ends by and by when none do", () => {
    expect(waitMs(350, 40, seen)).toBe(350);
    expect(waitMs(350, 200, { ...seen, repairs: 0 })).toBe(280);
    expect(waitMs(70, 200, { ...seen, repairs: 0 })).toBe(0);
  });

  it("does not change by what says nothing", () => {
    expect(waitMs(350, 200, { packets: 5, repairs: 5, frames: 1, dropped: 1 })).toBe(350);
  });
});

describe("receivers", () => {
  const receiver = (id: string): Patient => ({
    track: asTrack(new FakeTrack("video", id)),
    jitterBufferTarget: null,
  });
  const counts = (packets: number, lost: number, frames = 0, dropped = 0): Counts =>
    new Map(
      [
        { id: "pair", type: "candidate-pair", nominated: true, currentRoundTripTime: 0.2 },
        {
          id: "v",
          type: "inbound-rtp",
          kind: "video",
          trackIdentifier: "one",
          packetsReceived: packets,
          packetsLost: lost,
          framesReceived: frames,
          framesDropped: dropped,
        },
      ].map((entry): [string, Entry] => [entry.id, entry]),
    );

  /** Steps until nothing is to follow; what the receiver was told with each. */
  function stepped(patience: Patience, one: Patient, others: Patient[] = []): unknown[] {
    const told = [];
    for (let more = true; more && told.length < 200; ) {
      more = patience.step([one, ...others]);
      told.push(one.jitterBufferTarget);
    }
    return told;
  }

  it("of a video that loses packets are told to wait, by what came since the last look", () => {
    const [one, other] = [receiver("one"), receiver("other")];
    const patience = new Patience();
    expect(patience.look(counts(100, 10))).toBe(true);
    stepped(patience, one, [other]);
    expect([one.jitterBufferTarget, other.jitterBufferTarget]).toEqual([350, null]);
    expect(patience.look(counts(1000, 10))).toBe(false);
    expect(stepped(patience, one).at(-1)).toBe(280);
    for (let packets = 2000; packets <= 10_000; packets += 1000) {
      patience.look(counts(packets, 10));
    }
    stepped(patience, one);
    expect(one.jitterBufferTarget).toBeNull();
  });

  it("are told in steps: no picture stands still for a longer wait, or is late for a shorter one", () => {
    const one = receiver("one");
    const patience = new Patience();
    const distances = () => {
      const told = [one.jitterBufferTarget, ...stepped(patience, one)].map((wait) => Number(wait));
      return told.slice(1).map((wait, at) => wait - (told[at] ?? 0));
    };
    patience.look(counts(100, 10));
    expect(Math.max(...distances())).toBeLessThan(50);
    expect(one.jitterBufferTarget).toBe(350);
    patience.look(counts(1000, 10));
    expect(Math.min(...distances())).toBeGreaterThanOrEqual(-5);
    expect(one.jitterBufferTarget).toBe(280);
  });

  it("are not told to wait for longer by what was late before they had been told all", () => {
    const one = receiver("one");
    const patience = new Patience();
    /** The steps of a second. */
    const second = () => {
      for (let step = 0; step < 5; step++) {
        patience.step([one]);
      }
    };
    patience.look(counts(100, 10));
    second();
    expect(one.jitterBufferTarget).toBe(200);
    expect(patience.look(counts(200, 20, 15, 5))).toBe(true);
    second();
    expect(one.jitterBufferTarget).toBe(350);
    expect(patience.look(counts(300, 30, 30, 10))).toBe(true);
    second();
    expect(one.jitterBufferTarget).toBe(350);
    expect(patience.look(counts(400, 40, 45, 15))).toBe(true);
    stepped(patience, one);
    expect(one.jitterBufferTarget).toBe(500);
    expect(patience.look(counts(500, 50, 60, 20))).toBe(true);
    expect(patience.look(counts(600, 60, 75, 25))).toBe(false);
  });

  it("that refuse are asked again with the next look, and others are told meanwhile", () => {
    const [one, other] = [receiver("other"), receiver("one")];
    Object.defineProperty(one, "jitterBufferTarget", {
      set: () => {
        throw new DOMException("It is closed.", "InvalidStateError");
      },
    });
    const both = new Map([...counts(100, 10)] as [string, Entry][]);
    both.set("w", { ...both.get("v"), id: "w", type: "inbound-rtp", trackIdentifier: "other" });
    const patience = new Patience();
    patience.look(both);
    stepped(patience, one, [other]);
    expect(other.jitterBufferTarget).toBe(350);
    expect(patience.step([one, other])).toBe(false);
    Object.defineProperty(one, "jitterBufferTarget", { value: null, writable: true });
    stepped(patience, one, [other]);
    expect(one.jitterBufferTarget).toBe(350);
  });

  it("that can't be told are left alone", () => {
    const old: Patient = { track: asTrack(new FakeTrack("video", "one")) };
    const patience = new Patience();
    patience.look(counts(100, 10));
    expect(patience.step([old])).toBe(false);
    expect(old).not.toHaveProperty("jitterBufferTarget");
  });
});
