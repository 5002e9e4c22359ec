import { describe, expect, it } from "vitest";
import { asTrack, FakeTrack, fakeStream } from "../../../sdk/js/tests/fakes/tracks";
import { canTurn } from "../../src/ui/logic/turns";
import { hiddenOf } from "../../src/ui/logic/visibleArea";

describe("the button for the other camera", () => {
  const cameras = (count: number) => Array.from({ length: count }, (_, id) => ({ id: `${id}`, label: "" }));
  const showing = (settings: MediaTrackSettings) =>
    fakeStream([asTrack(new FakeTrack("video", "v", settings))]);

  it.each<[string, MediaStream | null, number, boolean]>([
    ["a phone's front camera", showing({ facingMode: "user" }), 2, true],
    ["a phone's back camera", showing({ facingMode: "environment" }), 4, true],
    ["the only camera", showing({ facingMode: "user" }), 1, false],
    ["a camera on a desk, beside another: that is what the list is for", showing({}), 2, false],
    ["no camera", null, 2, false],
  ])("with %s", (_name, stream, count, there) => {
    expect(canTurn(stream, cameras(count))).toBe(there);
  });
});

describe("what a keyboard hides of the page", () => {
  it("is below what can be seen, and above it where the browser has scrolled", () => {
    expect(hiddenOf(800, { height: 460, offsetTop: 0, scale: 1 })).toEqual({ above: 0, below: 340 });
    expect(hiddenOf(800, { height: 460.4, offsetTop: 120.3, scale: 1 })).toEqual({ above: 120, below: 220 });
  });

  it("is nothing where the browser makes the page smaller, or its own bars come and go", () => {
    expect(hiddenOf(460, { height: 460, offsetTop: 0, scale: 1 })).toEqual({ above: 0, below: 0 });
    expect(hiddenOf(800, { height: 752, offsetTop: 0, scale: 1 })).toEqual({ above: 0, below: 0 });
  });

  it("is nothing where somebody has zoomed in", () => {
    expect(hiddenOf(800, { height: 400, offsetTop: 200, scale: 2 })).toEqual({ above: 0, below: 0 });
  });
});
