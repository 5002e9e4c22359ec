import { describe, expect, it } from "vitest";
import { happenings, isInside } from "../../src/store/happenings";
import { initialState } from "../../src/store/reducer";
import type { LocalSource, MeetingState, Peer, Phase } from "../../src/store/types";
import { BOOT } from "../fakes/boot";

const BASE: MeetingState = { ...initialState({ ...BOOT, displayName: "Ada" }), phase: "joined" };

function peer(id: string, on: ("mic" | "camera")[] = [], off: ("mic" | "camera")[] = []): Peer {
  const track = (source: "mic" | "camera", paused: boolean) => ({
    producerId: `${id} ${source}`,
    consumerId: null,
    kind: source === "mic" ? ("audio" as const) : ("video" as const),
    source,
    language: "",
    paused,
    stream: null,
    spatialLayer: null,
    exceedsLink: false,
  });
  const tracks: Peer["tracks"] = {};
  for (const source of on) tracks[source] = track(source, false);
  for (const source of off) tracks[source] = track(source, true);
  return {
    id,
    displayName: id.toUpperCase(),
    joinedAt: 1,
    role: "participant",
    language: "",
    handRaisedAt: null,
    absent: false,
    quality: "unknown",
    overrides: { mic: null, camera: null, screen: null },
    tracks,
  };
}

const told = (before: Partial<MeetingState>, after: Partial<MeetingState>): string[] =>
  happenings({ ...BASE, ...before }, { ...BASE, ...before, ...after }).map(({ name, data }) => {
    const { peerId = "", displayName = "", source = "", error = "" } = data as Record<string, string>;
    return [name, peerId, displayName, source, error].filter(Boolean).join(" ");
  });

describe("what happened between two states", () => {
  it.each<[string, string[], string[]]>([
    ["is nothing when nothing did", told({ peers: [peer("a", ["mic"])] }, {}), []],
    ["somebody came", told({ peers: [peer("a")] }, { peers: [peer("a"), peer("b")] }), ["peerJoined b B"]],
    [
      "somebody came, sending already",
      told({ peers: [] }, { peers: [peer("b", ["camera", "mic"])] }),
      ["peerJoined b B", "sourceOn b B mic", "sourceOn b B camera"],
    ],
    [
      "somebody went, and what they sent with them",
      told({ peers: [peer("a", ["mic"]), peer("b")] }, { peers: [peer("b")] }),
      ["peerLeft a A"],
    ],
    [
      "somebody sends something",
      told({ peers: [peer("a")] }, { peers: [peer("a", ["mic"])] }),
      ["sourceOn a A mic"],
    ],
    ["or only says that they will", told({ peers: [peer("a")] }, { peers: [peer("a", [], ["mic"])] }), []],
    [
      "and resumes",
      told({ peers: [peer("a", [], ["mic"])] }, { peers: [peer("a", ["mic"])] }),
      ["sourceOn a A mic"],
    ],
    [
      "and pauses",
      told({ peers: [peer("a", ["mic"])] }, { peers: [peer("a", [], ["mic"])] }),
      ["sourceOff a A mic"],
    ],
    [
      "and ends it",
      told({ peers: [peer("a", ["camera", "mic"])] }, { peers: [peer("a", ["mic"])] }),
      ["sourceOff a A camera"],
    ],
    [
      "nobody comes who was there before me, but I do",
      told({ phase: "joining", peers: [] }, { phase: "joined", peers: [peer("a", ["mic"])] }),
      ["joined me Ada"],
    ],
    ["nobody goes because I do", told({ peers: [peer("a", ["mic"])] }, { phase: "left", peers: [] }), []],
    [
      "what I missed while my connection was lost",
      told(
        { phase: "reconnecting", peers: [peer("a"), peer("b")] },
        { phase: "joined", peers: [peer("b", ["mic"]), peer("c")] },
      ),
      ["joined me Ada", "peerLeft a A", "sourceOn b B mic", "peerJoined c C"],
    ],
    ["I wait at the door", told({ phase: "joining" }, { phase: "waiting" }), ["waiting me Ada"]],
  ])("%s", (_name, actual, expected) => {
    expect(actual).toEqual(expected);
  });

  const local = (mic: Partial<LocalSource>): Partial<MeetingState> => ({
    local: { ...BASE.local, mic: { status: "off", stream: null, error: null, ...mic } },
  });

  it.each<[string, string[], string[]]>([
    [
      "is on once it is there",
      told(local({ status: "starting" }), local({ status: "on" })),
      ["sourceOn me Ada mic"],
    ],
    ["is not on before", told(local({}), local({ status: "starting" })), []],
    ["goes off", told(local({ status: "on" }), local({})), ["sourceOff me Ada mic"]],
    [
      "goes off with an error",
      told(local({ status: "on" }), local({ error: "busy" })),
      ["sourceOff me Ada mic", "sourceError me Ada mic busy"],
    ],
    [
      "fails with another error",
      told(local({ error: "busy" }), local({ error: "denied" })),
      ["sourceError me Ada mic denied"],
    ],
    ["is forgiven", told(local({ error: "busy" }), local({})), []],
    [
      "counts in the preview as well",
      told({ phase: "welcome", ...local({}) }, local({ status: "on" })),
      ["sourceOn me Ada mic"],
    ],
  ])("my microphone %s", (_name, actual, expected) => {
    expect(actual).toEqual(expected);
  });
});

it("inside is who has joined, even while their connection is being repaired", () => {
  const phases: Phase[] = ["welcome", "joining", "waiting", "joined", "reconnecting", "left", "closed"];
  expect(phases.filter((phase) => isInside({ phase }))).toEqual(["joined", "reconnecting"]);
});
