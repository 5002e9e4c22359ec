import { describe, expect, it } from "vitest";
import { peer } from "../../../sdk/js/tests/fakes/peer";
import type { MeetingState, Peer, RemoteTrack } from "../../src/store/types";
import { tilesOf } from "../../src/ui/layout/tiles";
import { hasInterpretation, interpreterLines } from "../../src/ui/logic/interpreters";
import { effects } from "../../src/ui/logic/moderation";
import { peopleOf } from "../../src/ui/logic/people";
import { BOOT } from "../fakes/boot";
import { meetingState } from "../fakes/meetingState";

function interpreter(id: string, language: string, paused = false): Peer {
  const mic: RemoteTrack = {
    producerId: id,
    consumerId: null,
    kind: "audio",
    source: "mic",
    language,
    paused,
    stream: null,
    spatialLayer: null,
    exceedsLink: false,
    serverBusy: false,
  };
  return peer({ id, displayName: id.toUpperCase(), role: "interpreter", language, tracks: { mic } });
}

const BASE = meetingState({ ...BOOT, displayName: "Me" });
const channel = (tag: string, interpreters: string[]) => ({
  tag,
  name: tag,
  interpreters,
  expiresAt: interpreters.length === 0 ? 1 : null,
});

function state(more: Partial<MeetingState>): MeetingState {
  return { ...BASE, ...more };
}

describe("interpreters in the list of people", () => {
  const peers = [interpreter("a", "de"), interpreter("b", "de", true), interpreter("c", "xx"), peer()];
  const interpretation = { enabled: true, languages: [channel("fr", []), channel("de", ["a", "b"])] };

  it("stand under their language, and who has none after all", () => {
    const lines = interpreterLines(state({ peers, interpretation }));
    expect(lines.map(({ tag, interrupted }) => [tag, interrupted])).toEqual([
      ["fr", true],
      ["de", false],
      ["", false],
    ]);
    expect(lines.map(({ interpreters }) => interpreters.map(({ id, live }) => [id, live]))).toEqual([
      [],
      [
        ["a", true],
        ["b", false],
      ],
      [["c", false]],
    ]);
  });

  it("are all live for nobody while interpretation is off", () => {
    const lines = interpreterLines(state({ peers }));
    expect(lines.map(({ tag, interpreters }) => [tag, interpreters.some(({ live }) => live)])).toEqual([
      ["", false],
    ]);
  });

  it("may be me", () => {
    const me = { ...BASE.me, role: "interpreter" as const, language: "de" };
    const mine = { enabled: true, languages: [channel("de", ["me"])] };
    expect(interpreterLines(state({ me, interpretation: mine }))[0]?.interpreters).toEqual([
      { id: "me", name: "Me", self: true, live: false },
    ]);
  });

  it("are no part of the conversation: no tile, no line of a participant, no mute for all", () => {
    const room = state({ peers });
    expect(tilesOf(room).map(({ peerId }) => peerId)).toEqual(["p", "me"]);
    expect(peopleOf(room, "en").map(({ id }) => id)).toEqual(["me", "p"]);
    expect(effects(room).mic).toBe(false);
    const me = { ...BASE.me, role: "interpreter" as const };
    expect(tilesOf(state({ me }))).toEqual([]);
    expect(peopleOf(state({ me }), "en")).toEqual([]);
  });

  it("are shown where there is anything to show", () => {
    expect(hasInterpretation(BASE)).toBe(false);
    expect(hasInterpretation(state({ peers }))).toBe(true);
    expect(hasInterpretation(state({ interpretation }))).toBe(true);
  });
});
