import { describe, expect, it } from "vitest";
import { adviceFor, diagnose, type Evidence, figuresOf } from "../../src/ui/logic/diagnose";

const NOTHING: Evidence = {
  self: false,
  judged: null,
  up: null,
  down: null,
  track: null,
  exceedsLink: false,
};
const JUDGED = { uploadLoss: null, downloadLoss: null, roundTripMs: null, limitedBy: "none" } as const;
const TRACK = { width: 640, height: 360, frameRate: 30, loss: null, dropped: null };

/** Names and values in short. */
const causes = (evidence: Partial<Evidence>) =>
  diagnose({ ...NOTHING, ...evidence }).map(
    ({ name, value, unit }) => `${name} ${Math.round(unit === "share" ? 100 * value : value)}`,
  );

describe("a badge on somebody else's tile", () => {
  it.each<[string, Partial<Evidence>, string[]]>([
    ["says that it is not clear where nothing is known", {}, ["unclear 0"]],
    [
      "says so where all is well by now",
      { judged: { ...JUDGED, uploadLoss: 0.03, roundTripMs: 300 } },
      ["unclear 0"],
    ],
    ["tells their upload", { judged: { ...JUDGED, uploadLoss: 0.084 } }, ["theirUpload 8"]],
    ["tells their link", { judged: { ...JUDGED, limitedBy: "bandwidth" } }, ["theirUploadNarrow 0"]],
    ["tells their machine", { judged: { ...JUDGED, limitedBy: "cpu" } }, ["theirMachine 0"]],
    ["tells their download", { judged: { ...JUDGED, downloadLoss: 0.2 } }, ["theirDownload 20"]],
    ["tells the way to them", { judged: { ...JUDGED, roundTripMs: 640.4 } }, ["theirDelay 640"]],
    ["tells my download by their video", { track: { ...TRACK, loss: 0.1 } }, ["yourDownload 10"]],
    ["tells my download by everything", { down: { loss: 0.05 } }, ["yourDownload 5"]],
    ["tells my machine", { track: { ...TRACK, dropped: 0.3 } }, ["yourMachine 0"]],
    [
      "tells that the node has paused it",
      { exceedsLink: true, down: { loss: 0.3 } },
      ["paused 0", "yourDownload 30"],
    ],
  ])("%s", (_, evidence, expected) => {
    expect(causes(evidence)).toEqual(expected);
  });

  it("tells two things at most, what is seen first", () => {
    const judged = { uploadLoss: 0.1, downloadLoss: 0.2, roundTripMs: 900, limitedBy: "cpu" } as const;
    expect(causes({ judged })).toEqual(["theirUpload 10", "theirMachine 0"]);
  });
});

describe("a badge on one's own tile", () => {
  it.each<[string, Partial<Evidence>, string[]]>([
    ["takes the node's word for the upload", { judged: { ...JUDGED, uploadLoss: 0.08 } }, ["yourUpload 8"]],
    ["or the browser's, where that is worse", { judged: JUDGED, up: { loss: 0.12 } }, ["yourUpload 12"]],
    ["tells a narrow link", { up: { limitedBy: "bandwidth" } }, ["yourUploadNarrow 0"]],
    ["tells a busy machine that sends less", { up: { limitedBy: "cpu" } }, ["yourMachine 0"]],
    ["tells a busy machine that shows less", { down: { dropped: 0.5 } }, ["yourMachine 0"]],
    ["tells the download", { judged: { ...JUDGED, downloadLoss: 0.2 } }, ["yourDownload 20"]],
    ["tells a long way", { down: { roundTripMs: 450 } }, ["yourDelay 450"]],
    ["says that it is not clear", { up: { loss: 0.01 } }, ["unclear 0"]],
  ])("%s", (_, evidence, expected) => {
    expect(causes({ self: true, ...evidence })).toEqual(expected);
  });
});

it("advises what helps against the first cause", () => {
  const advice = (evidence: Partial<Evidence>) => adviceFor(diagnose({ ...NOTHING, ...evidence }));
  expect(advice({ self: true, up: { loss: 0.2 } })).toBe("network");
  expect(advice({ self: true, up: { limitedBy: "cpu" } })).toBe("machine");
  expect(advice({ judged: { ...JUDGED, uploadLoss: 0.2 } })).toBe("theirs");
  expect(advice({ exceedsLink: true })).toBe("network");
  expect(advice({})).toBeNull();
});

it("shows the numbers of the person's own video and way", () => {
  const judged = { ...JUDGED, uploadLoss: 0.02, roundTripMs: 80 };
  const up = { width: 1280, height: 720, frameRate: 24, loss: 0.05, roundTripMs: 60 };
  const track = { ...TRACK, loss: 0.01 };
  expect(figuresOf({ ...NOTHING, self: true, judged, up, track })).toEqual({
    width: 1280,
    height: 720,
    frameRate: 24,
    loss: 0.05,
    roundTripMs: 80,
  });
  expect(figuresOf({ ...NOTHING, judged, up, track })).toEqual({
    width: 640,
    height: 360,
    frameRate: 30,
    loss: 0.02,
    roundTripMs: 80,
  });
  expect(figuresOf(NOTHING)).toEqual({ width: 0, height: 0, frameRate: 0, loss: null, roundTripMs: null });
});
