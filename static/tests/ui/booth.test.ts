import { describe, expect, it } from "vitest";
import type { Handover } from "../../src/store/types";
import { boothAction } from "../../src/ui/logic/boothKeys";
import {
  type Answer,
  givenUp,
  lost,
  micState,
  NO_COUGH,
  press,
  release,
  toggle,
  turnedOn,
} from "../../src/ui/logic/cough";
import { canCancel, deadlineOf, endOf, secondsLeft, stepOf, turnOf } from "../../src/ui/logic/handover";

/** A microphone that does what the answers say. */
class Desk {
  cough = NO_COUGH;
  constructor(public on: boolean) {}

  take({ cough, mic }: Answer): this {
    this.cough = cough;
    this.on = mic ?? this.on;
    return this;
  }

  get shown() {
    return micState(this.cough, this.on ? "on" : "off", true);
  }
}

describe("the microphone's key and the cough button", () => {
  it("turn a live microphone off while held, and on again", () => {
    const desk = new Desk(true);
    expect(desk.shown).toBe("live");
    desk.take(press(desk.cough, "key", desk.on));
    expect([desk.on, desk.shown]).toEqual([false, "cough"]);
    desk.take(release(desk.cough, "key"));
    expect([desk.on, desk.shown]).toEqual([true, "live"]);
  });

  it("leave a muted microphone muted", () => {
    const desk = new Desk(false);
    desk.take(press(desk.cough, "pointer", desk.on));
    expect(desk.shown).toBe("muted");
    desk.take(release(desk.cough, "pointer"));
    expect(desk.on).toBe(false);
  });

  it("count a key that is held down once, and both ways of holding until the last lets go", () => {
    const desk = new Desk(true);
    desk.take(press(desk.cough, "key", desk.on)).take(press(desk.cough, "key", desk.on));
    desk.take(press(desk.cough, "pointer", desk.on));
    desk.take(release(desk.cough, "key"));
    expect([desk.on, desk.shown]).toEqual([false, "cough"]);
    desk.take(release(desk.cough, "pointer"));
    expect(desk.on).toBe(true);
  });

  it("let the key decide what comes after the cough", () => {
    const desk = new Desk(true);
    desk.take(press(desk.cough, "key", desk.on)).take(toggle(desk.cough, desk.on));
    expect(desk.shown).toBe("muted");
    expect(desk.take(release(desk.cough, "key")).on).toBe(false);

    desk.take(press(desk.cough, "key", desk.on)).take(toggle(desk.cough, desk.on));
    expect(desk.take(release(desk.cough, "key")).on).toBe(true);
  });

  it("make a handover to me wait until the button is up", () => {
    const desk = new Desk(false);
    desk.take(press(desk.cough, "key", desk.on));
    desk.on = true; // by the store
    desk.take(turnedOn(desk.cough));
    expect([desk.on, desk.shown]).toEqual([false, "cough"]);
    expect(desk.take(release(desk.cough, "key")).on).toBe(true);
  });

  it("don't take the word back from whom it was given to", () => {
    const desk = new Desk(true);
    desk.take(press(desk.cough, "key", desk.on)).take(givenUp(desk.cough));
    expect(desk.take(release(desk.cough, "key")).on).toBe(false);
  });

  it("stay silent when nobody can tell any more whether they are held", () => {
    const desk = new Desk(true);
    desk.take(press(desk.cough, "key", desk.on)).take(lost());
    expect([desk.on, desk.shown]).toEqual([false, "muted"]);
    expect(desk.take(release(desk.cough, "key")).on).toBe(false);
  });

  it("change nothing by a release without a press", () => {
    expect(release(NO_COUGH, "pointer").mic).toBeNull();
    expect(turnedOn(NO_COUGH).mic).toBeNull();
  });

  it("tell a microphone that is on but goes to nobody from a live one", () => {
    expect(micState(NO_COUGH, "on", false)).toBe("unheard");
    expect(micState(NO_COUGH, "starting", true)).toBe("starting");
    expect(micState(NO_COUGH, "off", false)).toBe("muted");
  });
});

const OPEN: Handover = { giver: "ada", taker: "", seconds: 10, expiresAt: 60_000, dueAt: null };
const AGREED: Handover = { ...OPEN, taker: "bob", dueAt: 15_000 };

describe("a handover", () => {
  const seen = (handover: Handover | null, me: string, live: boolean, partners = [false]) =>
    turnOf(handover, { me, live, partners });

  it.each([
    ["alone", null, true, []],
    ["mayOffer", null, true, [false]],
    ["mayRequest", null, false, [false, true]],
    ["quiet", null, false, [false]],
  ] as const)("may be begun: %s", (turn, handover, live, partners) => {
    expect(turnOf(handover, { me: "ada", live, partners })).toBe(turn);
  });

  it("that is offered can be accepted by all others", () => {
    expect(seen(OPEN, "ada", true)).toBe("offered");
    expect(seen(OPEN, "bob", false)).toBe("mayTake");
    expect(seen(OPEN, "cem", true)).toBe("mayTake");
  });

  it("that is asked for can be accepted by who is live", () => {
    const asked = { ...OPEN, giver: "", taker: "bob" };
    expect(seen(asked, "bob", false)).toBe("requested");
    expect(seen(asked, "ada", true)).toBe("mayGive");
    expect(seen(asked, "cem", false)).toBe("others");
  });

  it("that is agreed is seen by both, and by the others", () => {
    expect(seen(AGREED, "ada", true)).toBe("giving");
    expect(seen(AGREED, "bob", false)).toBe("taking");
    expect(seen(AGREED, "cem", false)).toBe("others");
  });

  it("has one key", () => {
    expect(
      ["mayOffer", "mayRequest", "mayTake", "mayGive"].map((turn) => stepOf(turn as "mayOffer")),
    ).toEqual(["offer", "request", "accept", "accept"]);
    expect(stepOf("giving")).toBeNull();
    expect(canCancel("giving")).toBe(true);
    expect(canCancel("others")).toBe(false);
    expect(canCancel("quiet")).toBe(false);
  });

  it("has all its seconds for who sees it being agreed, whatever the two clocks say", () => {
    expect(deadlineOf(OPEN, AGREED, 900_000)).toBe(910_000);
  });

  it("goes by the server's clock for who comes later, within its seconds", () => {
    expect(deadlineOf(null, AGREED, 11_000)).toBe(15_000);
    expect(deadlineOf(null, AGREED, 1_000)).toBe(11_000);
    expect(deadlineOf(null, AGREED, 99_000)).toBe(99_000);
  });

  it("counts down whole seconds", () => {
    expect([5_000, 5_001, 14_999, 15_000, 16_000].map((now) => secondsLeft(15_000, now))).toEqual([
      10, 10, 1, 0, 0,
    ]);
  });

  it("is done at its time, and called off before", () => {
    expect(endOf(AGREED, 15_000, 14_300)).toBe("done");
    expect(endOf(AGREED, 15_000, 15_400)).toBe("done");
    expect(endOf(AGREED, 15_000, 12_000)).toBe("calledOff");
    expect(endOf(OPEN, null, 70_000)).toBe("calledOff");
  });
});

describe("the keys of a booth", () => {
  const key = (name: string, extra = {}) => ({
    key: name,
    code: "",
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    ...extra,
  });

  it.each([
    [" ", "mic"],
    ["c", "cough"],
    ["C", "cough"],
    ["t", "handover"],
    ["?", "help"],
    ["m", null],
    ["Enter", null],
    ["Escape", null],
  ])("%j is %s", (name, action) => {
    expect(boothAction(key(name), "booth")).toBe(action);
  });

  it("are text in a text", () => {
    expect([" ", "c", "t"].map((name) => boothAction(key(name), "text"))).toEqual([null, null, null]);
  });

  it("that silence work over an open window, others don't", () => {
    expect([" ", "c", "?", "t", "p"].map((name) => boothAction(key(name), "window"))).toEqual([
      "mic",
      "cough",
      "help",
      null,
      null,
    ]);
  });

  it("are the browser's with Control, as for copying", () => {
    expect(boothAction(key("c", { ctrlKey: true }), "booth")).toBeNull();
    expect(boothAction(key(" ", { metaKey: true }), "booth")).toBeNull();
  });

  it("go by their place where the layout has no Latin letters", () => {
    expect(boothAction(key("с", { code: "KeyC" }), "booth")).toBe("cough");
  });
});
