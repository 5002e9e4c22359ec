import { signal } from "@preact/signals";
import { Emitter } from "meet-client/room/emitter";
import { describe, expect, it } from "vitest";
import { refusalDuring } from "../../src/room/bridge";
import { standing, watch } from "../../src/room/bridgeEvents";
import type { Happening } from "../../src/room/bridgeSessions";
import type { Meeting, MeetingState, Phase, RoomEvents } from "../../src/store/types";
import type { View, ViewEvents } from "../../src/store/view";
import { BOOT } from "../fakes/boot";
import { meetingState } from "../fakes/meetingState";

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
  expect(names(standing({ ...meetingState(BOOT), phase }))).toEqual(expected);
});

it("a page that has been joined from is never ready to join again, whatever ended it", () => {
  const state = signal<MeetingState>(meetingState(BOOT));
  const events = new Emitter<RoomEvents>();
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

it("who is in is told which languages there are, and which one they hear from now on", () => {
  const language = { tag: "de", name: "Deutsch", interpreters: ["i"], expiresAt: null };
  const interpretation = { enabled: true, languages: [language] };
  const happenings = standing({ ...meetingState(BOOT), phase: "joined", interpretation });
  const languages = [{ code: "de", name: "Deutsch" }];
  expect(happenings.at(-1)).toEqual({ name: "interpretationLanguages", data: { languages } });
  const events = new Emitter<RoomEvents>();
  const told: Happening[] = [];
  const view = { events: new Emitter<ViewEvents>() } as unknown as View;
  watch({ events } as unknown as Meeting, view, (happening) => told.push(happening));
  events.emit("interpretationLanguages", { languages: [{ code: "de", name: "Deutsch" }] });
  events.emit("interpretationLanguage", { code: "de", reason: "preselected", name: "Deutsch" });
  expect(told).toEqual([
    { name: "interpretationLanguages", data: { languages } },
    { name: "interpretationLanguage", data: { code: "de", reason: "preselected" } },
  ]);
});

it("a camera that gives nothing is told by the tutorial's slip, too", () => {
  const events = new Emitter<RoomEvents>();
  const told: Happening[] = [];
  const view = { events: new Emitter<ViewEvents>() } as unknown as View;
  watch({ events } as unknown as Meeting, view, (happening) => told.push(happening));
  const data = { peerId: "me", displayName: "Ada", error: "busy" } as const;
  events.emit("errorGetCamera", data);
  events.emit("errorGetMic", data);
  expect(told).toEqual([
    { name: "nerrorGetCamera", data },
    { name: "errorGetCamera", data },
    { name: "errorGetMic", data },
  ]);
});

describe("what the server refuses", () => {
  const events = new Emitter<RoomEvents>();
  const refuse = (code: string) =>
    events.emit("connectionError", { peerId: "me", code, message: `No: ${code}.` });

  it.each(["notAllowed", "tooManyBroadcasters", "nameInvalid"])(
    "during a method is told with its code and sentence: %s",
    async (code) => {
      const refusal = await refusalDuring({ events }, async () => refuse(code));
      expect(refusal).toEqual({ code, message: `No: ${code}.` });
    },
  );

  it("before or after a method is not the method's", async () => {
    refuse("notFound");
    expect(await refusalDuring({ events }, async () => {})).toBeNull();
    refuse("notFound");
  });

  it("is an event with the participant and the sentence", () => {
    const told: Happening[] = [];
    const view = { events: new Emitter<ViewEvents>() } as unknown as View;
    watch({ events } as unknown as Meeting, view, (happening) => told.push(happening));
    refuse("notFound");
    expect(told).toEqual([{ name: "connectionError", data: { peerId: "me", message: "No: notFound." } }]);
  });
});
