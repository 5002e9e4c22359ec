import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settled } from "../../../sdk/js/tests/fakes/clock";
import { domError } from "../../../sdk/js/tests/fakes/mediaDevices";
import { asTrack, FakeTrack, fakeStream } from "../../../sdk/js/tests/fakes/tracks";
import type { CheckResult } from "../../src/bridge/api";
import { Busy, type Link, NoWay } from "../../src/pages/check/loopback";
import { reportOf } from "../../src/pages/check/report";
import { problemsOf, verdictOf } from "../../src/pages/check/result";
import {
  type CheckEnvironment,
  CheckRun,
  LOOK_MS,
  MEASURE_MS,
  SPEAK_MS,
  STEPS,
} from "../../src/pages/check/run";
import { lossDown, type Reading, rateBps, readingOf } from "../../src/pages/check/stats";
import { checkPath, leaveFor, wayBack } from "../../src/ui/logic/wayToCheck";

const GOOD: Omit<CheckResult, "verdict"> = {
  camera: "ok",
  microphone: "ok",
  speakers: "ok",
  connection: {
    signalling: true,
    protocol: "udp",
    relayed: false,
    roundTripMs: 20,
    jitterMs: 2,
    lossUp: 0,
    lossDown: 0,
  },
  bandwidth: { upBps: 2_400_000, downBps: 2_400_000 },
};
const way = (change: Partial<NonNullable<CheckResult["connection"]>>) => ({
  ...GOOD,
  connection: GOOD.connection && { ...GOOD.connection, ...change },
});
const rates = (upBps: number, downBps: number) => ({ ...GOOD, bandwidth: { upBps, downBps } });

describe("what will work", () => {
  it.each([
    ["hd", GOOD, []],
    ["video", rates(900_000, 880_000), ["slowUp"]],
    ["video", rates(2_400_000, 900_000), ["slowDown"]],
    ["audio", rates(120_000, 110_000), ["slow"]],
    ["nothing", rates(20_000, 20_000), ["slow"]],
    ["video", way({ lossUp: 0.08 }), ["loss"]],
    ["audio", way({ lossDown: 0.3 }), ["loss"]],
    ["hd", way({ roundTripMs: 700 }), ["delay"]],
    ["nothing", { ...way({ protocol: null, roundTripMs: null }), bandwidth: null }, ["udp"]],
    ["nothing", { ...way({ protocol: null, signalling: false }), bandwidth: null }, ["signalling"]],
    ["unknown", { ...GOOD, bandwidth: null }, []],
    ["unknown", { ...GOOD, connection: null, bandwidth: null }, []],
  ] as const)("is %s", (verdict, found, problems) => {
    expect([verdictOf(found), problemsOf(found, false)]).toEqual([verdict, problems]);
  });

  it("has a remedy for each device, and one where the server has no time", () => {
    const found = { ...GOOD, camera: "busy", microphone: "silent", speakers: "notHeard" } as const;
    expect(problemsOf({ ...found, bandwidth: null }, true)).toEqual([
      "busy",
      "microphone.silent",
      "camera.busy",
      "speakers.notHeard",
    ]);
  });
});

describe("statistics", () => {
  const report: [string, Record<string, unknown> & { type: string }][] = [
    ["o1", { type: "outbound-rtp", bytesSent: 1000 }],
    ["o2", { type: "outbound-rtp", bytesSent: 500 }],
    ["i", { type: "inbound-rtp", bytesReceived: 900, packetsReceived: 90, packetsLost: 10, jitter: 0.004 }],
    ["r", { type: "remote-inbound-rtp", fractionLost: 0.1, jitter: 0.002 }],
    ["t", { type: "transport", selectedCandidatePairId: "p" }],
    ["other", { type: "candidate-pair", localCandidateId: "?", currentRoundTripTime: 9, nominated: true }],
    ["p", { type: "candidate-pair", localCandidateId: "l", currentRoundTripTime: 0.0514 }],
    ["l", { type: "local-candidate", protocol: "udp", relayProtocol: "tcp", candidateType: "relay" }],
  ];

  it("are summed up, and those of the pair in use taken", () => {
    expect(readingOf(report, 5)).toEqual({
      atMs: 5,
      bytesSent: 1500,
      bytesReceived: 900,
      packetsReceived: 90,
      packetsLost: 10,
      lossUp: 0.1,
      roundTripMs: 51,
      jitterMs: 2,
      protocol: "tcp",
      relayed: true,
      availableBps: null,
    });
  });

  it.each([
    ["udp", { protocol: "udp", candidateType: "host" }],
    ["tcp", { protocol: "tcp", candidateType: "prflx" }],
    ["udp", { protocol: "udp", relayProtocol: "udp", candidateType: "relay" }],
    ["tcp", { protocol: "udp", relayProtocol: "tcp", candidateType: "relay" }],
    ["tcp", { protocol: "udp", relayProtocol: "tls", candidateType: "relay" }],
  ])("tell that media goes by %s", (protocol, local) => {
    const entries: typeof report = [
      ["t", { type: "transport", selectedCandidatePairId: "p" }],
      ["p", { type: "candidate-pair", localCandidateId: "l" }],
      ["l", { type: "local-candidate", ...local }],
    ];
    expect(readingOf(entries, 0).protocol).toBe(protocol);
  });

  it("make rates and losses", () => {
    const before = readingOf([], 0);
    const after = readingOf(report, 2000);
    expect([rateBps(before, after, "bytesSent"), rateBps(after, after, "bytesSent")]).toEqual([6000, 0]);
    expect([lossDown(before, after), lossDown(after, after)]).toEqual([0.1, null]);
  });
});

describe("a check", () => {
  let clock: FakeClock;
  let run: CheckRun;
  let results: CheckResult[];
  let tracks: FakeTrack[];
  let failure: Error | null;
  let loudness: number;
  let linkFailure: Error | null;
  let links: { open: boolean; returned: boolean }[];

  beforeEach(() => {
    clock = new FakeClock();
    results = [];
    tracks = [];
    failure = null;
    loudness = 0.2;
    linkFailure = null;
    links = [];
    const environment: CheckEnvironment = {
      clock,
      devices: {
        capture: async (kind) => {
          if (failure !== null) throw failure;
          const track = Object.assign(new FakeTrack(kind === "camera" ? "video" : "audio", kind), {
            label: kind,
          });
          tracks.push(track);
          return asTrack(track);
        },
      },
      newStream: (track) => fakeStream([track]),
      level: () => () => loudness,
      playSound: async () => {},
      openLink: async () => {
        if (linkFailure !== null) throw linkFailure;
        const one = { open: true, returned: false };
        links.push(one);
        return { link: fakeLink(one), stop: () => {} };
      },
    };
    run = new CheckRun(environment, (result) => results.push(result));
  });

  function fakeLink(one: { open: boolean; returned: boolean }): Link {
    const base = readingOf([], 0);
    const beganMs = clock.now();
    const read = (bps: number): Reading => ({
      ...base,
      atMs: clock.now(),
      protocol: "udp",
      roundTripMs: 30,
      lossUp: 0.01,
      bytesSent: ((clock.now() - beganMs) / 8000) * bps,
      bytesReceived: ((clock.now() - beganMs) / 8000) * bps,
      packetsReceived: clock.now() - beganMs,
    });
    return {
      get usable() {
        return one.open;
      },
      target: "192.0.2.1:40000",
      up: async () => read(2_000_000),
      down: async () => read(one.returned ? 1_800_000 : 0),
      returnPicture: async () => {
        one.returned = true;
      },
      close: () => {
        one.open = false;
      },
    } as unknown as Link;
  }

  const states = () => STEPS.map((step) => run.state.peek().steps[step]);

  it("goes through all steps and tells the result", async () => {
    const over = run.start();
    await clock.advance(LOOK_MS);
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended", "live"]);
    await clock.advance(1000);
    expect(states()).toEqual(["ok", "ok", "ask", "waiting", "waiting"]);
    run.heard(true);
    await clock.advance(2 * MEASURE_MS);
    await over;
    expect(states()).toEqual(Array(5).fill("ok"));
    expect(results).toMatchObject([
      { verdict: "hd", connection: { lossUp: 0.01, lossDown: 0, roundTripMs: 30 } },
    ]);
    expect(results[0]?.bandwidth).toEqual({ upBps: 2_000_000, downBps: 1_800_000 });
    expect(links).toEqual([{ open: false, returned: true }]);
    expect([tracks.every(({ readyState }) => readyState === "ended"), clock.waiting]).toEqual([true, 0]);
  });

  it("says why devices give nothing, and goes on", async () => {
    failure = domError("NotAllowedError");
    void run.start();
    await settled();
    expect(states().slice(0, 3)).toEqual(["problem", "problem", "ask"]);
    expect(run.state.peek().found).toMatchObject({ camera: "denied", microphone: "denied" });
    run.close();
  });

  it("waits for a voice, but not for ever", async () => {
    loudness = 0;
    void run.start();
    await clock.advance(LOOK_MS + SPEAK_MS + 1000);
    expect([states()[1], run.state.peek().found.microphone]).toEqual(["problem", "silent"]);
    run.close();
  });

  it("can be skipped step by step, and each step made again", async () => {
    const over = run.start();
    for (let step = 0; step < STEPS.length; step++) {
      await settled();
      run.skip();
    }
    await over;
    expect(states()).toEqual(["skipped", "skipped", "skipped", "ok", "skipped"]); // the way was there at once
    expect(results).toMatchObject([{ camera: "skipped", bandwidth: null, verdict: "unknown" }]);
    const again = run.repeat("camera");
    await clock.advance(LOOK_MS);
    await again;
    expect(results[1]).toMatchObject({ camera: "ok", verdict: "unknown" });
    expect(tracks.every(({ readyState }) => readyState === "ended")).toBe(true);
  });

  it.each([
    [new NoWay(false), "nothing", ["signalling"]],
    [new NoWay(true), "nothing", ["udp"]],
    [new Busy("later"), "unknown", ["busy"]],
  ])("tells what is in the way: %s", async (error, verdict, problems) => {
    linkFailure = error;
    const over = run.start();
    await clock.advance(LOOK_MS + 1000);
    run.heard(true);
    await over;
    expect([results[0]?.verdict, run.state.peek().problems]).toEqual([verdict, problems]);
    linkFailure = null;
    const again = run.repeat("bandwidth");
    await clock.advance(2 * MEASURE_MS);
    await again;
    expect(results[1]?.verdict).toBe(error instanceof Busy ? "hd" : "nothing");
  });

  it("can be made anew as a whole", async () => {
    for (const begin of [() => run.start(), () => run.startAgain()]) {
      const over = begin();
      await clock.advance(LOOK_MS + 1000);
      run.heard(true);
      await clock.advance(2 * MEASURE_MS);
      await over;
    }
    expect(results.map(({ verdict }) => verdict)).toEqual(["hd", "hd"]);
  });

  it("has a report that says it all", async () => {
    const over = run.start();
    await clock.advance(LOOK_MS + 1000);
    run.heard(false);
    await clock.advance(2 * MEASURE_MS);
    await over;
    const page = { address: "https://host/check", userAgent: "Browser/1", now: new Date(0) };
    expect(reportOf(run.state.peek(), page).split("\n")).toEqual([
      "Check of 1970-01-01T00:00:00.000Z at https://host/check",
      "Result: hd; speakers.notHeard",
      "Camera: ok (camera)",
      "Microphone: ok (microphone)",
      "Speakers: notHeard",
      "Signalling: works",
      "Media: UDP to 192.0.2.1:40000",
      "Round trip: 30 ms, jitter: unknown",
      "Loss: 1.0 % up, 0.0 % down",
      "Bandwidth: 2000 kbit/s up, 1800 kbit/s down",
      "Steps: camera ok, microphone ok, speakers problem, connection ok, bandwidth ok",
      "Browser: Browser/1",
    ]);
  });
});

describe("the way to the check and back", () => {
  it("leads back to pages of rooms only", () => {
    const kept = new Map<string, string>();
    const storage = () => ({
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    });
    expect(wayBack(storage)).toBeNull();
    leaveFor({ pathname: "/call/", search: "?roomId=a&token=t" }, storage);
    expect(wayBack(storage)).toBe("/call/?roomId=a&token=t");
    for (const address of [
      "//evil.example",
      "/call//evil",
      "https://evil.example",
      "/admin/",
      "javascript:alert(1)",
    ]) {
      for (const key of kept.keys()) kept.set(key, address);
      expect(wayBack(storage), address).toBeNull();
    }
  });

  it("does without storage", () => {
    const forbidden = () => {
      throw domError("SecurityError");
    };
    leaveFor({ pathname: "/call/", search: "" }, forbidden);
    expect(wayBack(forbidden)).toBeNull();
  });

  it("takes the room and the language along", () => {
    expect(checkPath("a b&c", "de")).toBe("/check?roomId=a+b%26c&lang=de");
  });
});
