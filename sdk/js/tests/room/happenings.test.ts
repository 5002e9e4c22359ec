import { describe, expect, it } from "vitest";
import { happenings, isInside } from "../../src/room/happenings";
import { initialState } from "../../src/room/reducer";
import type { LocalSource, Peer, Phase, RoomState } from "../../src/room/state";
import { WAY } from "../fakes/way";

const BASE: RoomState = { ...initialState({ ...WAY, displayName: "Ada" }), phase: "joined" };

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
    serverBusy: false,
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

const told = (before: Partial<RoomState>, after: Partial<RoomState>): string[] =>
  happenings({ ...BASE, ...before }, { ...BASE, ...before, ...after }).map(({ name, data }) => {
    const { peerId = "", displayName = "", error = "" } = data as Record<string, string>;
    return [name, peerId, displayName, error].filter(Boolean).join(" ");
  });

describe("what happened between two states", () => {
  it.each<[string, string[], string[]]>([
    ["is nothing when nothing did", told({ peers: [peer("a", ["mic"])] }, {}), []],
    ["somebody came", told({ peers: [peer("a")] }, { peers: [peer("a"), peer("b")] }), ["newPeer b B"]],
    [
      "somebody came, sending already",
      told({ peers: [] }, { peers: [peer("b", ["camera", "mic"])] }),
      ["newPeer b B", "switchOnMic b B", "switchOnCamera b B"],
    ],
    [
      "somebody went, and what they sent with them",
      told({ peers: [peer("a", ["mic"]), peer("b")] }, { peers: [peer("b")] }),
      ["peerClosed a A"],
    ],
    [
      "somebody sends something",
      told({ peers: [peer("a")] }, { peers: [peer("a", ["mic"])] }),
      ["switchOnMic a A"],
    ],
    ["or only says that they will", told({ peers: [peer("a")] }, { peers: [peer("a", [], ["mic"])] }), []],
    [
      "and resumes",
      told({ peers: [peer("a", [], ["mic"])] }, { peers: [peer("a", ["mic"])] }),
      ["switchOnMic a A"],
    ],
    [
      "and pauses",
      told({ peers: [peer("a", ["mic"])] }, { peers: [peer("a", [], ["mic"])] }),
      ["switchOffMic a A"],
    ],
    [
      "and ends it",
      told({ peers: [peer("a", ["camera", "mic"])] }, { peers: [peer("a", ["mic"])] }),
      ["switchOffCamera a A"],
    ],
    [
      "nobody comes who was there before me, but I do",
      told({ phase: "joining", peers: [] }, { phase: "joined", peers: [peer("a", ["mic"])] }),
      ["join me Ada"],
    ],
    ["nobody goes because I do", told({ peers: [peer("a", ["mic"])] }, { phase: "left", peers: [] }), []],
    [
      "what I missed while my connection was lost",
      told(
        { phase: "reconnecting", peers: [peer("a"), peer("b")] },
        { phase: "joined", peers: [peer("b", ["mic"]), peer("c")] },
      ),
      ["join me Ada", "peerClosed a A", "switchOnMic b B", "newPeer c C"],
    ],
    ["I wait at the door", told({ phase: "joining" }, { phase: "waiting" }), ["waiting me Ada"]],
  ])("%s", (_name, actual, expected) => {
    expect(actual).toEqual(expected);
  });

  const local = (mic: Partial<LocalSource>): Partial<RoomState> => ({
    local: { ...BASE.local, mic: { status: "off", stream: null, error: null, ...mic } },
  });

  it.each<[string, string[], string[]]>([
    [
      "is on once it is there",
      told(local({ status: "starting" }), local({ status: "on" })),
      ["switchOnMic me Ada"],
    ],
    ["is not on before", told(local({}), local({ status: "starting" })), []],
    ["goes off", told(local({ status: "on" }), local({})), ["switchOffMic me Ada"]],
    [
      "goes off with an error",
      told(local({ status: "on" }), local({ error: "busy" })),
      ["switchOffMic me Ada", "errorGetMic me Ada busy"],
    ],
    [
      "fails with another error",
      told(local({ error: "busy" }), local({ error: "denied" })),
      ["errorGetMic me Ada denied"],
    ],
    ["is forgiven", told(local({ error: "busy" }), local({})), []],
    [
      "counts in the preview as well",
      told({ phase: "welcome", ...local({}) }, local({ status: "on" })),
      ["switchOnMic me Ada"],
    ],
  ])("my microphone %s", (_name, actual, expected) => {
    expect(actual).toEqual(expected);
  });
});

it("inside is who has joined, even while their connection is being repaired", () => {
  const phases: Phase[] = ["welcome", "joining", "waiting", "joined", "reconnecting", "left", "closed"];
  expect(phases.filter((phase) => isInside({ phase }))).toEqual(["joined", "reconnecting"]);
});
