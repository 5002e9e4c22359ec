import { describe, expect, it } from "vitest";
import { afterClose, afterFailure, delayMs, Unsupported } from "../../src/room/reconnect";
import { TicketRefused, TicketUnavailable } from "../../src/room/tickets";
import { type CloseInfo, ConnectionLost, NoAnswer, RequestRefused } from "../../src/signal/failures";
import type { ErrorCode } from "../../src/wire/protocol";

const closed = (change: Partial<CloseInfo>): CloseInfo => ({
  code: 1006,
  reason: "",
  closing: null,
  by: "server",
  ...change,
});

describe("the wait before an attempt", () => {
  it("grows from 0.3 to 2 seconds while a node may be noticed dead or start again, and then to 5", () => {
    expect([0, 1, 2, 3, 4, 7, 8, 50].map((attempt) => delayMs(attempt, 1))).toEqual([
      300, 600, 1200, 2000, 2000, 2000, 5000, 5000,
    ]);
  });

  it("is shorter after an attempt that took long itself, but never nothing", () => {
    expect([delayMs(9, 1, 3000), delayMs(9, 1, 8000), delayMs(9, 0, 8000)]).toEqual([2000, 300, 150]);
  });

  it("is spread over its upper half", () => {
    expect([delayMs(9, 0), delayMs(9, 0.5), delayMs(9, 1)]).toEqual([2500, 3750, 5000]);
  });
});

describe("after the end of a connection", () => {
  it.each([
    ["a lost line", closed({})],
    ["silence", closed({ by: "silence" })],
    ["our own giving up on media", closed({ code: 1000, by: "us" })],
    ["a server that restarts", closed({ code: 1001, closing: { code: "serverClosing", message: "" } })],
    ["a server's mistake", closed({ code: 4500, closing: { code: "internalError", message: "" } })],
    ["an outbox that overflowed", closed({ code: 4430 })],
  ])("%s means to come back with a new ticket", (_name, info) => {
    expect(afterClose(info)).toEqual({ kind: "retry", newTicket: true });
  });

  it.each([
    ["peerReplaced", closed({ code: 4409, closing: { code: "peerReplaced", message: "m" } })],
    ["peerReplaced", closed({ code: 4409 })],
    ["kicked", closed({ code: 4411 })],
    ["meetingEnded", closed({ code: 4412 })],
    ["tooManyRequests", closed({ code: 4429 })],
    ["outdatedPage", closed({ code: 4400 })],
    ["removedByModerator", closed({ closing: { code: "removedByModerator", message: "m" } })],
  ])("%s is final", (code, info) => {
    expect(afterClose(info)).toMatchObject({ kind: "over", ending: { code } });
  });
});

it("who comes back after a lost connection is patient with a busy server", () => {
  const busy = new RequestRefused("serverBusy", "No.");
  expect(afterFailure(busy, 4, true)).toEqual({ kind: "retry", newTicket: true });
  expect(afterFailure(busy, 5, true)).toMatchObject({ kind: "over" });
});

describe("after a failed attempt to enter", () => {
  const refused = (code: ErrorCode) => new RequestRefused(code, "No.");

  it.each([
    [new ConnectionLost(), 0, true], // the room may have moved
    [new NoAnswer("late"), 3, true],
    [new TicketUnavailable("503"), 3, false], // the node may still be there
    [refused("ticketExpired"), 0, true],
    [refused("wrongNode"), 0, true],
    [refused("ticketInvalid"), 1, true],
    [refused("serverClosing"), 40, true],
    [refused("serverBusy"), 0, true], // another node may have less to do
  ])("%s is tried again", (error, attempt, newTicket) => {
    expect(afterFailure(error, attempt)).toEqual({ kind: "retry", newTicket });
  });

  it.each([
    ["notAllowed", refused("notAllowed"), 0],
    ["ticketInvalid", refused("ticketInvalid"), 5],
    ["serverBusy", refused("serverBusy"), 1],
    ["roomUnknown", new TicketRefused("roomUnknown", "There is no such room."), 0],
    ["unsupported", new Unsupported("This browser can't."), 0],
  ])("%s is final", (code, error, attempt) => {
    expect(afterFailure(error, attempt)).toEqual({ kind: "over", ending: { code, message: error.message } });
  });
});
