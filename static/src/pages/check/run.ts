// A check from its first step to the result: what is done in each step, and what the page shows of it.

import { type Signal, signal } from "@preact/signals";
import { type DeviceAccess, mediaErrorOf } from "meet-client/rtc/devices";
import type { Clock } from "meet-client/signal/clock";
import type { CheckedDevice, CheckResult, CheckVerdict } from "../../bridge/api";
import { Busy, type Link, NoWay } from "./loopback";
import { type CheckProblem, problemsOf, verdictOf } from "./result";
import { lossDown, type Reading, rateBps } from "./stats";

export const STEPS = ["camera", "microphone", "speakers", "connection", "bandwidth"] as const;
export type Step = (typeof STEPS)[number];

/** `ask`: the person has to say whether they heard it. */
export type StepState = "waiting" | "running" | "ask" | "ok" | "problem" | "skipped";

/** A picture that has been there for so long is seen. */
export const LOOK_MS = 1_500;
/** Somebody has so long to say something, this loud (0 to 1), for so many readings. */
export const SPEAK_MS = 10_000;
const READ_MS = 100;
const SPOKEN_LEVEL = 0.03;
const SPOKEN_READINGS = 5;
/** Each way; of the first part nothing is told, because the browser begins low. */
export const MEASURE_MS = 5_000;
const SETTLED_MS = 2_500;
const SAMPLE_MS = 500;

export interface CheckState {
  steps: Record<Step, StepState>;
  /** The step that runs, or asks; null before, between and after. */
  current: Step | null;
  /** Of the step that runs, from 0 to 1, where that is known. */
  progress: number | null;
  camera: MediaStream | null;
  microphone: MediaStream | null;
  cameraLabel: string;
  microphoneLabel: string;
  found: Omit<CheckResult, "verdict">;
  /** The server has too much to do for a measurement. */
  busy: boolean;
  /** What a firewall has to let through: `address:port` of the node. */
  target: string;
  verdict: CheckVerdict;
  problems: CheckProblem[];
  /** All steps have been made or skipped. */
  finished: boolean;
}

export interface CheckEnvironment {
  clock: Clock;
  devices: Pick<DeviceAccess, "capture">;
  newStream(track: MediaStreamTrack): MediaStream;
  /** What reads a stream's loudness, from 0 to 1; null where it can't be measured. */
  level(stream: MediaStream): (() => number) | null;
  playSound(): Promise<void>;
  /** Opens the way to the node; `stop` ends the picture that is sent. Rejects with `Busy` or `NoWay`. */
  openLink(): Promise<{ link: Link; stop(): void }>;
}

const NOTHING_FOUND: Omit<CheckResult, "verdict"> = {
  camera: "skipped",
  microphone: "skipped",
  speakers: "skipped",
  connection: null,
  bandwidth: null,
};

/** Skipped by the person, or ended with the page. */
class Stopped extends Error {}

export class CheckRun {
  readonly state: Signal<CheckState>;
  readonly #environment: CheckEnvironment;
  readonly #onFinished: (result: CheckResult) => void;
  #open: { link: Link; stop(): void } | null = null;
  #stop: (error: Stopped) => void = () => {};
  #answer: (heard: boolean) => void = () => {};

  constructor(environment: CheckEnvironment, onFinished: (result: CheckResult) => void = () => {}) {
    this.#environment = environment;
    this.#onFinished = onFinished;
    this.state = signal({
      steps: Object.fromEntries(STEPS.map((step) => [step, "waiting"])) as Record<Step, StepState>,
      current: null,
      progress: null,
      camera: null,
      microphone: null,
      cameraLabel: "",
      microphoneLabel: "",
      found: NOTHING_FOUND,
      busy: false,
      target: "",
      verdict: "unknown",
      problems: [],
      finished: false,
    });
  }

  /** All steps that have not been made yet. */
  async start(): Promise<void> {
    if (this.state.peek().current !== null) {
      return;
    }
    for (const step of STEPS) {
      if (this.state.peek().steps[step] === "waiting") {
        await this.#make(step);
      }
    }
    this.#finish();
  }

  /** All steps anew. */
  async startAgain(): Promise<void> {
    if (this.state.peek().current === null) {
      const steps = Object.fromEntries(STEPS.map((step) => [step, "waiting"])) as Record<Step, StepState>;
      this.#change({ steps, found: NOTHING_FOUND, finished: false });
      await this.start();
    }
  }

  /** One step anew. */
  async repeat(step: Step): Promise<void> {
    if (this.state.peek().current !== null) {
      return;
    }
    if (step === "connection") {
      this.#closeLink();
    }
    await this.#make(step);
    this.#finish();
  }

  /** Go on without what runs at the moment. */
  skip(): void {
    this.#stop(new Stopped());
  }

  /** Whether the person heard the sound. */
  heard(yes: boolean): void {
    this.#answer(yes);
  }

  /** Play it once more. */
  playAgain(): void {
    void this.#environment.playSound().catch(() => {}); // they will say that they hear nothing
  }

  /** The page goes: let go of all devices. */
  close(): void {
    this.skip();
    this.#release("camera");
    this.#release("microphone");
    this.#closeLink();
  }

  async #make(step: Step): Promise<void> {
    this.#change({ current: step, progress: null, finished: false });
    this.#mark(step, "running");
    const stopped = new Promise<never>((_resolve, reject) => {
      this.#stop = reject;
    });
    stopped.catch(() => {}); // nobody may be waiting
    try {
      const ok = await this.#steps[step](stopped);
      this.#mark(step, ok ? "ok" : "problem");
    } catch (error) {
      if (!(error instanceof Stopped)) {
        throw error;
      }
      this.#forget(step);
      this.#mark(step, "skipped");
    } finally {
      if (step === "camera" || step === "microphone") {
        this.#release(step);
      }
      this.#change({ current: null, progress: null });
    }
  }

  readonly #steps: Record<Step, (stopped: Promise<never>) => Promise<boolean>> = {
    camera: (stopped) => this.#look(stopped),
    microphone: (stopped) => this.#listen(stopped),
    speakers: (stopped) => this.#play(stopped),
    connection: (stopped) => this.#connect(stopped),
    bandwidth: (stopped) => this.#measure(stopped),
  };

  async #look(stopped: Promise<never>): Promise<boolean> {
    const stream = await this.#capture("camera", stopped);
    if (stream !== null) {
      await this.#wait(LOOK_MS, stopped);
      this.#found({ camera: "ok" });
    }
    return stream !== null;
  }

  async #listen(stopped: Promise<never>): Promise<boolean> {
    const stream = await this.#capture("microphone", stopped);
    if (stream === null) {
      return false;
    }
    const level = this.#environment.level(stream);
    let readings = 0;
    for (let passedMs = 0; passedMs < SPEAK_MS && readings < SPOKEN_READINGS; passedMs += READ_MS) {
      await this.#wait(READ_MS, stopped);
      if (level === null || level() >= SPOKEN_LEVEL) {
        readings += 1;
      }
    }
    this.#found({ microphone: readings >= SPOKEN_READINGS ? "ok" : "silent" });
    return readings >= SPOKEN_READINGS;
  }

  async #play(stopped: Promise<never>): Promise<boolean> {
    const answered = new Promise<boolean>((resolve) => {
      this.#answer = resolve;
    });
    this.playAgain();
    this.#mark("speakers", "ask");
    const heard = await Promise.race([answered, stopped]);
    this.#found({ speakers: heard ? "ok" : "notHeard" });
    return heard;
  }

  async #connect(stopped: Promise<never>): Promise<boolean> {
    try {
      const link = await this.#link(stopped);
      const { protocol, relayed, roundTripMs } = await link.up();
      this.#found({
        connection: {
          signalling: true,
          protocol: protocol ?? "udp",
          relayed,
          roundTripMs,
          jitterMs: null,
          lossUp: null,
          lossDown: null,
        },
      });
      return true;
    } catch (error) {
      return this.#noLink(error);
    }
  }

  async #measure(stopped: Promise<never>): Promise<boolean> {
    const { connection } = this.state.peek().found;
    if (connection !== null && connection.protocol === null) {
      return false; // there is nothing to measure on
    }
    try {
      const link = await this.#link(stopped);
      const up = await this.#sample(0, () => link.up(), stopped);
      await link.returnPicture();
      const down = await this.#sample(0.5, () => link.down(), stopped);
      const [lastUp, lastDown] = [up.last, down.last];
      this.#found({
        connection: {
          signalling: true,
          protocol: lastUp.protocol ?? "udp",
          relayed: lastUp.relayed,
          roundTripMs: lastUp.roundTripMs,
          jitterMs: lastDown.jitterMs ?? lastUp.jitterMs,
          lossUp: up.loss,
          lossDown: lossDown(down.settled, lastDown),
        },
        bandwidth: {
          upBps: rateBps(up.settled, lastUp, "bytesSent"),
          downBps: rateBps(down.settled, lastDown, "bytesReceived"),
        },
      });
      return true;
    } catch (error) {
      return this.#noLink(error);
    } finally {
      this.#closeLink();
    }
  }

  /** Readings of one way: when it had settled, the last, and the mean of what was lost since. */
  async #sample(
    done: number,
    read: () => Promise<Reading>,
    stopped: Promise<never>,
  ): Promise<{ settled: Reading; last: Reading; loss: number | null }> {
    const losses: number[] = [];
    let settled: Reading | null = null;
    let last = await read();
    for (let passedMs = 0; passedMs < MEASURE_MS; passedMs += SAMPLE_MS) {
      this.#change({ progress: done + passedMs / MEASURE_MS / 2 });
      await this.#wait(SAMPLE_MS, stopped);
      last = await read();
      if (passedMs + SAMPLE_MS >= SETTLED_MS) {
        settled ??= last;
        if (last.lossUp !== null) {
          losses.push(last.lossUp);
        }
      }
    }
    const loss = losses.length === 0 ? null : losses.reduce((sum, one) => sum + one, 0) / losses.length;
    return { settled: settled ?? last, last, loss };
  }

  async #link(stopped: Promise<never>): Promise<Link> {
    if (this.#open?.link.usable) {
      return this.#open.link;
    }
    this.#closeLink();
    this.#change({ busy: false });
    const opening = this.#environment.openLink();
    try {
      this.#open = await Promise.race([opening, stopped]);
    } catch (error) {
      opening.then(
        ({ link, stop }) => {
          link.close();
          stop();
        },
        () => {}, // told already, or nobody waits any more
      );
      throw error;
    }
    this.#change({ target: this.#open.link.target });
    return this.#open.link;
  }

  #noLink(error: unknown): boolean {
    if (error instanceof Busy) {
      this.#change({ busy: true });
      return false;
    }
    if (error instanceof Stopped) {
      throw error;
    }
    const signalling = error instanceof NoWay && error.signalling;
    const none = { protocol: null, relayed: false, roundTripMs: null, jitterMs: null };
    this.#found({ connection: { signalling, ...none, lossUp: null, lossDown: null }, bandwidth: null });
    return false;
  }

  async #capture(kind: "camera" | "microphone", stopped: Promise<never>): Promise<MediaStream | null> {
    const capturing = this.#environment.devices.capture(kind);
    try {
      const track = await Promise.race([capturing, stopped]);
      const stream = this.#environment.newStream(track);
      this.#change({ [kind]: stream, [`${kind}Label`]: track.label });
      return stream;
    } catch (error) {
      if (error instanceof Stopped) {
        capturing.then(
          (track) => track.stop(),
          () => {},
        );
        throw error;
      }
      this.#found({ [kind]: mediaErrorOf(error) satisfies CheckedDevice });
      return null;
    }
  }

  #release(kind: "camera" | "microphone"): void {
    for (const track of this.state.peek()[kind]?.getTracks() ?? []) {
      track.stop();
    }
    this.#change({ [kind]: null });
  }

  #closeLink(): void {
    this.#open?.link.close();
    this.#open?.stop();
    this.#open = null;
  }

  #wait(ms: number, stopped: Promise<never>): Promise<void> {
    let cancel = () => {};
    const over = new Promise<void>((resolve) => {
      cancel = this.#environment.clock.after(ms, resolve);
    });
    return Promise.race([over, stopped]).finally(() => cancel());
  }

  /** What was found of a step before counts no more. */
  #forget(step: Step): void {
    this.#found({ [step]: NOTHING_FOUND[step] });
  }

  #found(found: Partial<CheckState["found"]>): void {
    this.#change({ found: { ...this.state.peek().found, ...found } });
  }

  #mark(step: Step, state: StepState): void {
    this.#change({ steps: { ...this.state.peek().steps, [step]: state } });
  }

  #finish(): void {
    this.#closeLink();
    const { found, busy, steps } = this.state.peek();
    const verdict = verdictOf(found);
    const finished = STEPS.every((step) => steps[step] !== "waiting");
    this.#change({ verdict, problems: problemsOf(found, busy), finished });
    if (finished) {
      this.#onFinished({ ...found, verdict });
    }
  }

  #change(change: Partial<CheckState>): void {
    this.state.value = { ...this.state.peek(), ...change };
  }
}
