import { expect, it } from "vitest";
import { busyAgainS } from "../../src/ui/logic/busyAgain";

it("a busy server is asked again after half a minute to a minute, by each at another time", () => {
  expect([busyAgainS(0), busyAgainS(0.5), busyAgainS(1)]).toEqual([30, 45, 60]);
});
