import { signal } from "@preact/signals";
import { expect, it } from "vitest";
import { standing, watch } from "../../src/room/bridgeEvents";
import type { Happening } from "../../src/room/bridgeSessions";
import { Emitter } from "../../src/store/emitter";
import { initialState } from "../../src/store/reducer";
import type { Meeting, MeetingEvents, MeetingState, Phase } from "../../src/store/types";
import type { View, ViewEvents } from "../../src/store/view";
import { BOOT } from "../fakes/boot";

const names = (happenings: Happening[]) => happenings.map(({ name }) => name);

it.each([
  ["welcome", ["ready", "readyToJoin"]],
  ["joining", ["ready"]],
  ["waiting", ["ready", "waiting"]],
  ["joined", ["ready", "join"]],
  ["reconnecting", ["ready", "join"]],
  ["left", ["ready", "ended"]],
  ["closed", ["ready", "ended"]],
] as const)("a bridge that comes late hears what holds: %s", (phase, expected) => {
  expect(names(standing({ ...initialState(BOOT), phase }))).toEqual(expected);
});

it("a page that has been joined from is never ready to join again, whatever ended it", () => {
  const state = signal<MeetingState>(initialState(BOOT));
  const events = new Emitter<MeetingEvents>();
  const told: Happening[] = [];
  const view = { events: new Emitter<ViewEvents>() } as unknown as View;
  watch({ state, events } as unknown as Meeting, view, (happening) => told.push(happening));
  const phases: Phase[] = ["joining", "joined", "left", "joining", "waiting", "closed", "joining", "closed"];
  for (const phase of phases) state.value = { ...state.value, phase };
  events.emit("ended", { reason: "removed", code: "kicked", message: "Out.", canJoinAgain: false });
  expect(told).toEqual([
    { name: "ended", data: { reason: "removed", code: "kicked", message: "Out.", canJoinAgain: false } },
  ]);
});
