import { beforeEach, describe, expect, it } from "vitest";
import {
  FIRST_CONNECTION_MS,
  MAX_RESTARTS,
  PATIENCE_MS,
  RESTART_TIMEOUT_MS,
  Recovery,
} from "../../src/rtc/recovery";
import { FakeClock } from "../fakes/clock";

let clock: FakeClock;
let recovery: Recovery;
let log: string[];

beforeEach(() => {
  clock = new FakeClock();
  log = [];
  recovery = new Recovery(clock, {
    restartIce: async () => {
      log.push("restart");
      throw new Error("refused"); // must not matter: the timer decides
    },
    onGivenUp: () => log.push("given up"),
    onUnreachable: () => log.push("unreachable"),
  });
});

describe("a path that was there", () => {
  beforeEach(() => {
    recovery.stateChanged("connecting");
    recovery.stateChanged("connected");
  });

  it("is left alone if it comes back by itself", async () => {
    recovery.stateChanged("disconnected");
    await clock.advance(PATIENCE_MS - 1);
    recovery.stateChanged("connected");
    await clock.advance(60_000);
    expect(log).toEqual([]);
  });

  it("is restarted after some patience", async () => {
    recovery.stateChanged("disconnected");
    await clock.advance(PATIENCE_MS);
    expect(log).toEqual(["restart"]);
    recovery.stateChanged("connected");
    await clock.advance(60_000);
    expect(log).toEqual(["restart"]);
  });

  it("is restarted at once when it has failed, or when the server misses us", async () => {
    recovery.stateChanged("failed");
    expect(log).toEqual(["restart"]);
    recovery.stateChanged("connected");
    recovery.consentLost();
    recovery.consentLost();
    expect(log).toEqual(["restart", "restart"]);
    await clock.advance(60_000); // the browser never thought it was gone
    expect(log).toEqual(["restart", "restart"]);
  });

  it("is given up once, after some restarts that do not help", async () => {
    recovery.stateChanged("failed");
    await clock.advance(MAX_RESTARTS * RESTART_TIMEOUT_MS - 1);
    expect(log).toEqual(Array(MAX_RESTARTS).fill("restart"));
    await clock.advance(60_000);
    expect(log).toEqual([...Array(MAX_RESTARTS).fill("restart"), "given up"]);
  });

  it("is not touched any more after stop", async () => {
    recovery.stateChanged("disconnected");
    recovery.stop();
    recovery.consentLost();
    await clock.advance(60_000);
    expect(log).toEqual([]);
  });
});

describe("a path that never was there", () => {
  it("is tried again and again, and the participant is told once", async () => {
    recovery.stateChanged("connecting");
    await clock.advance(FIRST_CONNECTION_MS - 1);
    expect(log).toEqual([]);
    await clock.advance(1 + 4 * RESTART_TIMEOUT_MS);
    expect(log).toEqual(["unreachable", "restart", "restart", "restart", "restart", "restart"]);
  });
});
