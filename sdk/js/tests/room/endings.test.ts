import { expect, it } from "vitest";
import { endedBy } from "../../src/room/endings";

it.each([
  ["kicked", "removed", false],
  ["meetingEnded", "ended", false],
  ["peerReplaced", "replaced", false],
  ["connectionLost", "lost", true],
  ["notAdmitted", "refused", true],
  ["roomFull", "refused", true],
  ["tooManyRequests", "refused", true],
  ["tokenOver", "refused", false],
  ["accessDenied", "refused", false],
  ["whatever comes next", "refused", false],
])("%s is %s, and another try makes sense: %s", (code, reason, canJoinAgain) => {
  expect(endedBy({ code, message: "So." })).toEqual({ reason, code, message: "So.", canJoinAgain });
});
