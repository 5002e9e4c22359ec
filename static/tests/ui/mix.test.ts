import { describe, expect, it } from "vitest";
import { peer } from "../../../sdk/js/tests/fakes/peer";
import type { MeetingState, Peer, RemoteTrack } from "../../src/store/types";
import { floorVolumeOf, USUAL_FLOOR_VOLUME } from "../../src/ui/logic/floorVolume";
import { gainOf, isInterpreted } from "../../src/ui/logic/mix";
import { BOOT } from "../fakes/boot";
import { meetingState } from "../fakes/meetingState";

function mic(language: string, more: Partial<RemoteTrack> = {}): RemoteTrack {
  return {
    producerId: "p",
    consumerId: "c",
    kind: "audio",
    source: "mic",
    language,
    paused: false,
    stream: {} as MediaStream,
    spatialLayer: null,
    exceedsLink: false,
    serverBusy: false,
    ...more,
  };
}

function interpreter(id: string, language: string, more: Partial<RemoteTrack> = {}): Peer {
  return peer({ id, role: "interpreter", language, tracks: { mic: mic(language, more) } });
}

function state(listening: string, peers: Peer[], mine = ""): MeetingState {
  const base = meetingState(BOOT);
  const tags = [...new Set(peers.map(({ language }) => language).filter(Boolean))];
  const languages = tags.map((tag) => ({
    tag,
    name: tag,
    interpreters: peers.filter(({ language }) => language === tag).map(({ id }) => id),
    expiresAt: null,
  }));
  const role = mine === "" ? base.me.role : "interpreter";
  const me = { ...base.me, listening, language: mine, role };
  return { ...base, me, peers, interpretation: { enabled: true, languages } };
}

describe("who is heard how loud", () => {
  const gain = (language: string, listening: string, covered: boolean, floor = 15, mine = "") =>
    gainOf(mic(language), state(listening, [], mine).me, covered, floor);

  it("is the original fully, for who listens to nothing else", () => {
    expect([gain("", "", false), gain("", "", true), gain("de", "", true)]).toEqual([1, 1, 0]);
  });

  it("is the chosen language fully, and the original softly beside it", () => {
    expect([gain("de", "de", true), gain("", "de", true), gain("fr", "de", true)]).toEqual([1, 0.15, 0]);
    expect(gain("", "de", true, 40)).toBe(0.4);
  });

  it("is the original fully while nobody interprets, unless none of it is wanted", () => {
    expect(gain("", "de", false)).toBe(1);
    expect([gain("", "de", true, 0), gain("", "de", false, 0)]).toEqual([0, 0]);
  });

  it("is no other interpreter of my own language, who may be listening to a third", () => {
    expect([gain("de", "", false, 15, "de"), gain("fr", "fr", true, 15, "de")]).toEqual([0, 1]);
    expect([gain("", "fr", true, 15, "de"), gain("", "fr", false, 0, "de")]).toEqual([0, 1]);
  });
});

describe("the original", () => {
  it("is covered while an interpreter of the chosen language is live and received", () => {
    expect(isInterpreted(state("de", [interpreter("a", "de")]))).toBe(true);
    expect(isInterpreted(state("", [interpreter("a", "de")]))).toBe(false);
    expect(isInterpreted(state("fr", [interpreter("a", "de")]))).toBe(false);
    expect(isInterpreted(state("de", [interpreter("a", "de", { paused: true })]))).toBe(false);
    expect(isInterpreted(state("de", [interpreter("a", "de", { stream: null })]))).toBe(false);
  });

  it("is covered by any of two", () => {
    const inTurn = [interpreter("a", "de", { paused: true }), interpreter("b", "de")];
    expect(isInterpreted(state("de", inTurn))).toBe(true);
  });

  it("is as loud as was remembered", () => {
    expect(["0", "40", "100"].map(floorVolumeOf)).toEqual([0, 40, 100]);
    expect([null, "", "loud", "-1", "101"].map(floorVolumeOf)).toEqual(Array(5).fill(USUAL_FLOOR_VOLUME));
  });
});
