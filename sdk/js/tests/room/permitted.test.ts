import { describe, expect, it } from "vitest";
import { decided, entitled, isForbidden, mayTurnOn } from "../../src/room/permitted";
import type { Rules } from "../../src/room/state";
import { meInfo, viewerInfo } from "../fakes/node";
import { peer } from "../fakes/peer";

const RULES: Rules = { waitingRoom: false, locked: false, mic: true, camera: true, screen: true };

const without = (device: "mic" | "camera" | "screen", me = meInfo()) => ({
  ...me,
  permissions: { ...me.permissions, [device]: false },
});

describe("a device", () => {
  it("belongs to a role", () => {
    expect(entitled("participant", false)).toEqual({ mic: true, camera: true, screen: true });
    expect(entitled("interpreter", false)).toEqual({ mic: true, camera: false, screen: false });
    expect(entitled("moderator", true)).toEqual({ mic: false, camera: false, screen: false });
  });

  it("is forbidden only to those who would have it", () => {
    expect(isForbidden("mic", meInfo())).toBe(false);
    expect(isForbidden("mic", without("mic"))).toBe(true);
    expect(isForbidden("mic", viewerInfo())).toBe(false);
    expect(isForbidden("camera", without("camera", meInfo({ role: "interpreter" })))).toBe(false);
  });

  it("may be turned on by others as the rules say, unless a moderator decided for them", () => {
    const strict = { ...RULES, mic: false };
    expect(mayTurnOn(peer(), "mic", RULES)).toBe(true);
    expect(mayTurnOn(peer(), "mic", strict)).toBe(false);
    expect(mayTurnOn(peer({ overrides: { mic: true, camera: null, screen: null } }), "mic", strict)).toBe(
      true,
    );
    expect(mayTurnOn(peer({ overrides: { mic: false, camera: null, screen: null } }), "mic", RULES)).toBe(
      false,
    );
    expect(mayTurnOn(peer({ role: "moderator" }), "mic", strict)).toBe(true);
    expect(mayTurnOn(peer({ role: "interpreter" }), "camera", RULES)).toBe(false);
    expect(mayTurnOn(peer({ role: "interpreter" }), "mic", strict)).toBe(true);
    const muted = peer({ role: "interpreter", overrides: { mic: false, camera: null, screen: null } });
    expect(mayTurnOn(muted, "mic", RULES)).toBe(false);
  });
});

describe("what moderators decided", () => {
  it("is what they took and what they gave back", () => {
    expect(decided(meInfo(), without("camera"))).toEqual({ taken: ["camera"], given: [] });
    expect(decided(without("screen"), without("mic"))).toEqual({ taken: ["mic"], given: ["screen"] });
    expect(decided(meInfo(), meInfo())).toEqual({ taken: [], given: [] });
  });

  it("is not that somebody came on stage or left it", () => {
    expect(decided(viewerInfo(), meInfo())).toEqual({ taken: [], given: [] });
    expect(decided(meInfo(), viewerInfo())).toEqual({ taken: [], given: [] });
  });
});
