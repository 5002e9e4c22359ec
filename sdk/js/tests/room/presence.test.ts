import { beforeEach, describe, expect, it } from "vitest";
import { GLANCE_MS, Presence } from "../../src/room/presence";
import { FakeClock } from "../fakes/clock";

let clock: FakeClock;
let hidden: boolean;
let believed: boolean | null;
let told: boolean[];
let presence: Presence;

beforeEach(() => {
  clock = new FakeClock();
  hidden = false;
  believed = false;
  told = [];
  presence = new Presence(clock, {
    hidden: () => hidden,
    absent: () => believed,
    tell: (absent) => {
      told.push(absent);
      believed = absent;
    },
  });
});

function look(away: boolean): void {
  hidden = away;
  presence.changed();
}

describe("presence", () => {
  it("is told once the page has been hidden for a while, and once it has been seen for a while", async () => {
    look(true);
    await clock.advance(GLANCE_MS - 1);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual([true]);
    look(false);
    await clock.advance(GLANCE_MS);
    expect(told).toEqual([true, false]);
  });

  it("does not tell of a glance, however often", async () => {
    for (let glance = 0; glance < 5; glance++) {
      look(true);
      await clock.advance(GLANCE_MS - 1);
      look(false);
      await clock.advance(GLANCE_MS - 1);
    }
    await clock.advance(GLANCE_MS);
    expect(told).toEqual([]);
  });

  it("tells nobody who has no interest, and what still holds once they have", async () => {
    believed = null;
    look(true);
    await clock.advance(GLANCE_MS);
    expect(told).toEqual([]);
    believed = false;
    presence.changed();
    await clock.advance(GLANCE_MS);
    expect(told).toEqual([true]);
  });
});
