// How interpreters of one language relieve each other: what each can do at a moment, and how long it is until then. Pure.

import type { Handover } from "../../store/types";

/** So long before the other takes over, in seconds. */
export const HANDOVER_S = 10;

/**
 * Where I stand. Nothing is agreed: `alone` (nobody to relieve me), `quiet` (nobody is live: who wants to just turns the
 * microphone on), `mayOffer`, `mayRequest`. Somebody has begun: `offered` and `requested` (I have), `mayTake` and
 * `mayGive` (it is for me to accept), `others` (not my concern). Agreed: `taking`, `giving`, `others`.
 */
export type Turn =
  | "alone"
  | "quiet"
  | "mayOffer"
  | "mayRequest"
  | "offered"
  | "requested"
  | "mayTake"
  | "mayGive"
  | "taking"
  | "giving"
  | "others";

export interface Around {
  me: string;
  /** My microphone is on. */
  live: boolean;
  /** The others who interpret into my language: whether each is live. */
  partners: readonly boolean[];
}

export function turnOf(handover: Handover | null, { me, live, partners }: Around): Turn {
  if (handover === null) {
    if (partners.length === 0) return "alone";
    if (live) return "mayOffer";
    return partners.some(Boolean) ? "mayRequest" : "quiet";
  }
  const { giver, taker, dueAt } = handover;
  if (dueAt !== null) return taker === me ? "taking" : giver === me ? "giving" : "others";
  if (giver === me) return "offered";
  if (taker === me) return "requested";
  if (taker === "") return "mayTake";
  return live ? "mayGive" : "others";
}

/** What the key for handovers does; null for nothing. */
export function stepOf(turn: Turn): "offer" | "request" | "accept" | null {
  switch (turn) {
    case "mayOffer":
      return "offer";
    case "mayRequest":
      return "request";
    case "mayTake":
    case "mayGive":
      return "accept";
    default:
      return null;
  }
}

/** Whether it can be called off by me. */
export function canCancel(turn: Turn): boolean {
  return ["offered", "requested", "mayTake", "mayGive", "taking", "giving"].includes(turn);
}

/**
 * When an agreed handover is due by this page's clock, which need not go as the server's does: who sees it being agreed
 * has all its seconds from then on; who comes later goes by the server's time.
 */
export function deadlineOf(before: Handover | null, handover: Handover, nowMs: number): number {
  const { dueAt, seconds } = handover;
  const whole = seconds * 1000;
  const agreedNow = before?.dueAt === null;
  const left = agreedNow || dueAt === null ? whole : Math.min(Math.max(dueAt - nowMs, 0), whole);
  return nowMs + left;
}

/** Whole seconds for people: 10 to begin with, 0 when it is time. */
export function secondsLeft(deadlineMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((deadlineMs - nowMs) / 1000));
}

/** The server's word may come so long before the page's own end of the time. */
const EARLY_MS = 1000;

/** How one has ended, told by what is left of it: it was done, or it was called off, or nobody accepted it. */
export function endOf(before: Handover, deadlineMs: number | null, nowMs: number): "done" | "calledOff" {
  const agreed = before.dueAt !== null && deadlineMs !== null;
  return agreed && deadlineMs - nowMs <= EARLY_MS ? "done" : "calledOff";
}
