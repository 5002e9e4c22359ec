import { signal } from "@preact/signals";
import { Emitter } from "meet-client/room/emitter";
import { ConnectionLost, RequestRefused } from "meet-client/signal/failures";
import { describe, expect, it, vi } from "vitest";
import type { MethodName } from "../../src/bridge/api";
import { dataOf, GROUPS } from "../../src/pages/playground/methods";
import { refusalDuring } from "../../src/room/bridge";
import { METHODS, match, perform, type Room } from "../../src/room/bridgeMethods";
import { until } from "../../src/room/bridgeWait";
import { problemOf, Refused } from "../../src/room/refused";
import type { MeetingState, RoomEvents } from "../../src/store/types";
import { BOOT } from "../fakes/boot";
import { meetingState } from "../fakes/meetingState";
import { anything, numbers } from "./random";

type Wrong = [MethodName, ...unknown[]];

const NAMES = Object.keys(METHODS) as MethodName[];
const WRONG: Wrong[] = [
  ["setVolume", undefined, "50", -1, 101, Number.NaN, null, {}],
  ["setBitrate", undefined, "5", -1, Number.POSITIVE_INFINITY, []],
  ["changeDisplayName", undefined, "", "  ", 5, {}, null],
  ["getScreenshotByPeerId", undefined, "", 5],
  ["enablePin", undefined, "", true],
  ["setLocale", undefined, "", 1],
  ["setControlsVisible", undefined, "true", 1, null],
  ["setHideIndicators", undefined, "false", 0],
  ["setInterpretationLanguage", undefined, null, 5, true, { code: "de" }],
  ["getInterpretationLanguage", "de"],
  [
    "setInviteUrl",
    undefined,
    "",
    "team",
    "http://shop.example",
    "javascript:alert(1)",
    "javascript://localhost/",
    5,
  ],
  ["join", "x", 5, [], { constraints: 5 }, { constraints: { video: "yes" } }, { constraints: { audio: {} } }],
  ["join", { constraints: { audio: { deviceId: 5 } } }],
  ["changeDevice", undefined, {}, { constraints: {} }, { constraints: { video: true } }],
  ["changeDevice", { constraints: { video: { deviceId: "a" }, audio: { deviceId: "b" } } }],
  ["join", { video: true }, { constraints: { vidio: true } }, { constraints: {}, constraint: {} }],
  ["changeDevice", { constraints: { audio: { deviceId: "a", name: "b" } } }],
  ["disabledTrackByModerator", { userPeerId: "a", kind: "audio", peerId: "b" }],
  ["disableAllMics", "ada", { userPeerId: "ada" }, { everybody: false }, { everybody: true, peerId: "ada" }],
  ["disableAllCameras", ["ada"], { kind: "video" }, { everybody: "yes" }],
  ["disableMic", "ada", { userPeerId: "ada" }, false, { everybody: true }],
  [
    "disabledTrackByModerator",
    undefined,
    "peer",
    {},
    { userPeerId: "a" },
    { userPeerId: "a", kind: "screen" },
  ],
  ["disabledTrackByModerator", { userPeerId: 5, kind: "audio" }, { userPeerId: "", kind: "audio" }],
];
const RIGHT: [MethodName, ...unknown[]][] = [
  ["setVolume", 0, 100, 33.3],
  ["setBitrate", 0, 500_000],
  ["changeDisplayName", "Tom", " Tom "],
  ["setControlsVisible", true, false],
  ["setInviteUrl", "https://shop.example/team?x=1"],
  ["join", undefined, null, {}, { constraints: {} }, { constraints: { video: false, audio: true } }],
  [
    "join",
    { constraints: { video: { deviceId: "id", label: "l", groupId: "g", kind: "video" }, audio: null } },
  ],
  ["changeDevice", { constraints: { audio: { label: "Headset" } } }],
  ["disabledTrackByModerator", { userPeerId: "a", kind: "video" }],
  ["enableMic", undefined, null, {}],
  ["setInterpretationLanguage", "", "de", "zh-Hant"],
  ["getInterpretationLanguages", undefined, null],
  ["disableAllMics", undefined, null, {}, { everybody: true }],
];

describe("arguments", () => {
  it.each(WRONG)("that %s can't use are refused with a sentence", (name, ...given) => {
    for (const data of given) {
      expect(() => METHODS[name].read(data)).toThrowError(/^`data` must be .+\.$/);
    }
  });

  it.each(RIGHT)("that %s can use are taken", (name, ...given) => {
    for (const data of given) expect(() => METHODS[name].read(data)).not.toThrow();
  });

  it("of any kind are taken or refused, nothing else", () => {
    const random = numbers(42);
    for (let count = 0; count < 10_000; count++) {
      const name = NAMES[Math.floor(random() * NAMES.length)] as MethodName;
      try {
        METHODS[name].read(anything(random));
      } catch (error) {
        expect(error).toBeInstanceOf(Refused);
      }
    }
  });
});

describe("methods", () => {
  it.each(["", "leave", "constructor", "__proto__", "toString", "enablemic"])(
    "that do not exist are refused: %s",
    async (name) => {
      await expect(perform({} as Room, name, undefined)).rejects.toMatchObject({ code: "unknownMethod" });
    },
  );

  it("are all there, with the tutorial's names, and all on the playground", () => {
    expect(NAMES).toEqual([
      "join",
      "enableMic",
      "disableMic",
      "enableWebcam",
      "disableWebcam",
      "enableShare",
      "disableShare",
      "changeDisplayName",
      "setVolume",
      "getScreenshotByPeerId",
      "setControlsVisible",
      "isCameraEnabled",
      "isMicroEnabled",
      "isShareEnabled",
      "changeDevice",
      "otherCamera",
      "playAudio",
      "muteAudio",
      "unmuteAudio",
      "setBitrate",
      "isFullscreenEnabled",
      "enableFullscreen",
      "disableFullscreen",
      "enablePin",
      "disablePin",
      "setLocale",
      "disabledTrackByModerator",
      "disableAllMics",
      "disableAllCameras",
      "stopVideo",
      "setInviteUrl",
      "setHideIndicators",
      "setInterpretationLanguage",
      "getInterpretationLanguages",
      "getInterpretationLanguage",
    ]);
    const offered = GROUPS.flatMap(({ methods }) => Object.keys(methods));
    expect(offered.sort()).toEqual([...NAMES].sort());
  });

  it("are offered on the playground with data that they take", () => {
    for (const { methods } of GROUPS) {
      for (const [name, help] of Object.entries(methods)) {
        const { argument } = help;
        if (argument.input === "text" || argument.input === "peer") continue; // empty at first
        const text = "initial" in argument ? argument.initial : "true";
        expect(() => METHODS[name as MethodName].read(dataOf(argument, text))).not.toThrow();
      }
    }
  });
});

describe("the language that is heard", () => {
  const base = meetingState(BOOT);
  const language = (tag: string, name: string) => ({ tag, name, interpreters: ["i"], expiresAt: null });
  const languages = [language("de", "Deutsch"), language("zh-Hant", "繁體中文")];

  function room(more: Partial<MeetingState> = {}) {
    const state = signal<MeetingState>({
      ...base,
      phase: "joined",
      interpretation: { enabled: true, languages },
      ...more,
    });
    const events = new Emitter<RoomEvents>();
    const chosen: string[] = [];
    const meeting = {
      state,
      events,
      chooseLanguage: async (tag: string) => {
        chosen.push(tag);
        if (tag === "de")
          events.emit("connectionError", { peerId: "me", code: "notAllowed", message: "Not this one." });
        else state.value = { ...state.value, me: { ...state.value.me, listening: tag } };
      },
    };
    const refusal = (action: () => Promise<void>) => refusalDuring(meeting, action);
    return { chosen, room: { meeting, refusalDuring: refusal } as unknown as Room };
  }

  it("is chosen by its code, in any case, and told", async () => {
    const { chosen, room: inside } = room();
    expect(await perform(inside, "setInterpretationLanguage", "zh-hant")).toBe(true);
    expect(await perform(inside, "getInterpretationLanguage", undefined)).toBe("zh-Hant");
    expect(await perform(inside, "setInterpretationLanguage", "")).toBe(true);
    expect(await perform(inside, "getInterpretationLanguage", undefined)).toBe("");
    expect(chosen).toEqual(["zh-Hant", ""]);
    expect(await perform(inside, "getInterpretationLanguages", undefined)).toEqual([
      { code: "de", name: "Deutsch" },
      { code: "zh-Hant", name: "繁體中文" },
    ]);
  });

  it("can't be one that is not there, or refused, or any for who is not in", async () => {
    const choose = (inside: Room, code: string) => perform(inside, "setInterpretationLanguage", code);
    await expect(choose(room().room, "fr")).rejects.toMatchObject({
      code: "notFound",
      message: "Nobody interprets into fr at the moment. There are de, zh-Hant.",
    });
    await expect(choose(room().room, "de")).rejects.toMatchObject({ code: "notAllowed" });
    await expect(choose(room({ phase: "left" }).room, "")).rejects.toMatchObject({ code: "notJoined" });
  });
});

describe("problems", () => {
  it("keep the server's code and sentence, and say nothing of our own errors", () => {
    expect(problemOf(new RequestRefused("notModerator", "Only a moderator can do that."))).toEqual({
      code: "notModerator",
      message: "Only a moderator can do that.",
    });
    expect(problemOf(new Refused("notJoined", "No."))).toEqual({ code: "notJoined", message: "No." });
    expect(problemOf(new ConnectionLost()).code).toBe("connectionLost");
    expect(problemOf(new TypeError("secret"))).toMatchObject({ code: "internalError" });
    expect(problemOf(new TypeError("secret")).message).not.toContain("secret");
  });
});

describe("a device", () => {
  const devices = [
    { id: "a", label: "Headset" },
    { id: "b", label: "Webcam" },
  ];

  it("is known by its id, or else by its label, since another site has other ids", () => {
    expect(match(devices, { deviceId: "b", label: "Headset" })?.id).toBe("b");
    expect(match(devices, { deviceId: "elsewhere", label: "Headset" })?.id).toBe("a");
    expect(match(devices, { deviceId: "elsewhere" })).toBeUndefined();
  });
});

describe("waiting for a value", () => {
  it("ends at once, or with the first one that fits", async () => {
    const number = signal(1);
    expect(await until(number, (value) => value === 1)).toBe(1);
    const seen = vi.fn();
    const waiting = until(number, (value) => value > 2).then(seen);
    number.value = 2;
    number.value = 3;
    number.value = 4;
    await waiting;
    expect(seen).toHaveBeenCalledExactlyOnceWith(3);
  });
});
