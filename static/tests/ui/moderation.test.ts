import { describe, expect, it } from "vitest";
import { peer as silent } from "../../../sdk/js/tests/fakes/peer";
import type { Peer, RemoteTrack, Rules } from "../../src/store/types";
import { contactHref } from "../../src/ui/logic/contact";
import { effects, optionsFor } from "../../src/ui/logic/moderation";

const RULES: Rules = { waitingRoom: false, locked: false, mic: true, camera: false, screen: true };

function track(source: RemoteTrack["source"], paused = false): RemoteTrack {
  const kind = source === "mic" ? "audio" : "video";
  return {
    producerId: source,
    consumerId: null,
    kind,
    source,
    language: "",
    paused,
    stream: null,
    spatialLayer: null,
    exceedsLink: false,
    serverBusy: false,
  };
}

/** They speak, and have their camera off. */
function peer(more: Partial<Peer> = {}): Peer {
  return silent({ tracks: { mic: track("mic"), camera: track("camera", true) }, ...more });
}

describe("a moderator can do about", () => {
  it("a participant: turn off what is on, ask for what is off, allow and forbid", () => {
    expect(optionsFor(peer(), { rules: RULES, interface: "call" })).toEqual({
      devices: [
        { device: "mic", on: true, allowed: true },
        { device: "camera", on: false, allowed: false },
        { device: "screen", on: false, allowed: true },
      ],
      ordinary: true,
      hand: false,
      fromStage: false,
    });
  });

  it("somebody on a webinar's stage with a hand up: both", () => {
    const options = optionsFor(peer({ handRaisedAt: 5 }), { rules: RULES, interface: "webinar" });
    expect(options).toMatchObject({ hand: true, fromStage: true });
  });

  it("another moderator: nothing that would not last", () => {
    const options = optionsFor(peer({ role: "moderator" }), { rules: RULES, interface: "webinar" });
    expect(options).toMatchObject({ ordinary: false, fromStage: false });
    expect(options.devices.every(({ allowed }) => allowed)).toBe(true);
  });

  it("an interpreter: only their microphone", () => {
    const { devices } = optionsFor(peer({ role: "interpreter" }), { rules: RULES, interface: "call" });
    expect(devices.map(({ device }) => device)).toEqual(["mic"]);
  });
});

describe("what is done to everybody", () => {
  it("has an effect where somebody has it on", () => {
    expect(effects({ peers: [], viewerHands: [] })).toEqual({
      mic: false,
      camera: false,
      screen: false,
      hands: false,
    });
    expect(effects({ peers: [peer()], viewerHands: [] })).toMatchObject({ mic: true, camera: false });
  });

  it("counts hands of viewers too", () => {
    expect(effects({ peers: [peer({ handRaisedAt: 1 })], viewerHands: [] }).hands).toBe(true);
    const hand = { peerId: "v", displayName: "V", raisedAt: 1 };
    expect(effects({ peers: [], viewerHands: [hand] }).hands).toBe(true);
  });
});

describe("a contact", () => {
  it.each([
    ["help@example.org", "mailto:help@example.org"],
    ["https://example.org/help", "https://example.org/help"],
    ["www.example.org", "https://www.example.org/"],
    ["Mona, room 12", null],
    ["Write to help@example.org", null],
    ["javascript:alert(1)", null],
    ["+352 123", null],
  ])("%j leads to %j", (contact, expected) => {
    expect(contactHref(contact)).toBe(expected);
  });
});
