// The page's meeting: the room, and what people are told of it.

import { type Signal, signal } from "@preact/signals";
import type { Figures, Importance, QualityFigures, RoomState, Size, Source, Switchable } from "meet-client";
import { isInside } from "meet-client/room/happenings";
import { isForbidden } from "meet-client/room/permitted";
import { Room } from "meet-client/room/room";
import { RequestRefused } from "meet-client/signal/failures";
import { LevelMeter } from "../sound/level";
import type { Boot } from "../wire/boot";
import { browserEnvironment, type Environment } from "./environment";
import {
  allowedNotice,
  deviceNotice,
  deviceNotices,
  forbiddenNotice,
  listeningNotice,
  NO_SUCH_LANGUAGE,
  noticeOf,
  recordingNotice,
  stoppedNotice,
} from "./notices";
import type { DeviceKind, InterpreterActions, Meeting, MeetingState, Moderator, Notice } from "./types";

const NOTICE_MS = 6_000;

/** A page's meeting, on the welcome screen, connecting in the background already. */
export function createMeeting(boot: Boot, environment: Environment = browserEnvironment()): Meeting {
  for (const warning of boot.warnings) {
    console.warn(`meet: ${warning}`);
  }
  return new PageMeeting(boot, environment);
}

class PageMeeting implements Meeting {
  readonly state: Signal<MeetingState>;
  readonly events: Room;
  readonly moderator: Moderator;
  readonly interpreter: InterpreterActions;
  readonly #environment: Environment;
  readonly #room: Room;
  readonly #meter = new LevelMeter();
  #lastNoticeId = 0;

  constructor(boot: Boot, environment: Environment) {
    this.#environment = environment;
    this.#room = new Room({ ...boot, query: environment.search }, this.#measured(environment));
    this.events = this.#room;
    this.moderator = this.#room.moderator;
    this.interpreter = this.#interpreter();
    const { contact = "", brand = null } = boot;
    this.state = signal({ ...this.#room.state, brand, contact, notices: [] });
    this.#room.subscribe((state) => this.#change(state));
    this.#explain();
  }

  join(displayName: string): Promise<void> {
    return this.#room.join(displayName);
  }

  leave(): Promise<void> {
    return this.#room.leave();
  }

  setMic(on: boolean): Promise<void> {
    return told(on ? this.#room.enableMic() : this.#room.disableMic());
  }

  setCamera(on: boolean): Promise<void> {
    return told(on ? this.#room.enableWebcam() : this.#room.disableWebcam());
  }

  setScreen(on: boolean): Promise<void> {
    return told(on ? this.#room.enableShare() : this.#room.disableShare());
  }

  answer(device: Switchable, on: boolean): Promise<void> {
    return told(this.#room.answer(device, on));
  }

  async setDisplayName(name: string): Promise<void> {
    try {
      await this.#room.changeDisplayName(name);
    } catch {
      this.#notice("error", "notice.nameRefused");
    }
  }

  async sendChat(text: string): Promise<boolean> {
    return text.trim() !== "" && (await this.#try(this.#room.sendChat(text)));
  }

  async raiseHand(raised: boolean): Promise<void> {
    await this.#try(this.#room.raiseHand(raised));
  }

  async chooseLanguage(tag: string): Promise<void> {
    try {
      await this.#room.setInterpretationLanguage(tag);
    } catch (error) {
      const gone = error instanceof RequestRefused && error.code === "notFound";
      this.#notice("error", gone ? NO_SUCH_LANGUAGE : noticeOf(error));
    }
  }

  async setMaxBitrate(bitrateBps: number): Promise<void> {
    await this.#try(this.#room.setBitrate(bitrateBps));
  }

  chooseDevice(kind: DeviceKind, id: string): Promise<void> {
    return this.#room.changeDevice(kind, id);
  }

  otherCamera(): Promise<boolean> {
    return this.#room.otherCamera();
  }

  refreshDevices(): Promise<void> {
    return this.#room.refreshDevices();
  }

  show(peerId: string, source: Source, size: Size | null, importance?: Importance): void {
    this.#room.show(peerId, source, size, importance);
  }

  get figures(): Figures {
    return this.#room.figures;
  }

  explainQuality(peerId: string): Promise<QualityFigures | null> {
    return this.#room.explainQuality(peerId);
  }

  dismissNotice(id: number): void {
    const { notices } = this.state.peek();
    this.#change({ notices: notices.filter((notice) => notice.id !== id) });
  }

  level(stream: MediaStream): (() => number) | null {
    return this.#meter.level(stream);
  }

  /** The environment, with the loudness of what others send read from where it comes in. */
  #measured(environment: Environment): Environment {
    return {
      ...environment,
      newStream: (track, receiver) => {
        const stream = environment.newStream(track, receiver);
        if (receiver !== undefined && track.kind === "audio") {
          this.#meter.received(stream, receiver);
        }
        return stream;
      },
    };
  }

  #interpreter(): InterpreterActions {
    const { interpreter } = this.#room;
    const act = async (asked: Promise<void>): Promise<void> => void (await this.#try(asked));
    return {
      offerHandover: (seconds) => act(interpreter.offerHandover(seconds)),
      requestHandover: (seconds) => act(interpreter.requestHandover(seconds)),
      acceptHandover: () => act(interpreter.acceptHandover()),
      cancelHandover: () => act(interpreter.cancelHandover()),
    };
  }

  /** Tell people what happens to them. */
  #explain(): void {
    const room = this.#room;
    room.on("trackEnded", ({ stream }) => this.#meter.forget(stream));
    room.on("mediaBlocked", () => this.#notice("warning", "notice.mediaBlocked"));
    room.on("sourceFailed", ({ source, error }) => {
      const { me } = this.state.peek();
      if (error instanceof RequestRefused && source !== "screenAudio" && isForbidden(source, me)) {
        this.#notice("error", forbiddenNotice(source));
      } else if (error instanceof RequestRefused && error.code === "notAllowed") {
        this.#notice("error", noticeOf(error));
      } else if (isInside(this.state.peek())) {
        this.#notice("error", noticeOf(error, source)); // before, the welcome screen explains it at length
      }
    });
    room.on("deviceNews", ({ source, news }) => {
      if (news === null) {
        this.#withdraw(deviceNotice(source, "taken"));
      } else if (isInside(this.state.peek())) {
        this.#withdraw(...deviceNotices(source));
        this.#notice(news === "back" ? "info" : "warning", deviceNotice(source, news));
      }
    });
    room.on("permissionsChanged", ({ taken, given }) => {
      for (const device of taken) {
        this.#withdraw(stoppedNotice(device), allowedNotice(device));
        this.#notice("warning", forbiddenNotice(device));
      }
      for (const device of given) {
        this.#withdraw(forbiddenNotice(device));
        this.#notice("info", allowedNotice(device));
      }
    });
    room.on("trackStopped", ({ device }) => this.#notice("info", stoppedNotice(device)));
    // The question says as much.
    room.on("askedToTurnOn", ({ device }) => this.#withdraw(allowedNotice(device)));
    room.on("recordingFailed", ({ problem }) => this.#notice("error", recordingNotice(problem)));
    room.on("recordingResumed", () => this.#notice("info", "notice.recording.resumed"));
    room.on("interpretationLanguage", ({ reason, name }) => {
      if (reason !== "chosen") {
        const level = reason === "preselected" ? "info" : "warning"; // who has chosen it themselves need not be told
        this.#notice(level, listeningNotice(reason), { language: name });
      }
    });
  }

  /** Whether it worked; where not, people are told. */
  async #try(asked: Promise<void>): Promise<boolean> {
    try {
      await asked;
      return true;
    } catch (error) {
      this.#notice("error", noticeOf(error));
      return false;
    }
  }

  #change(changed: RoomState | Pick<MeetingState, "notices">): void {
    this.state.value = { ...this.state.peek(), ...changed };
  }

  #notice(level: Notice["level"], key: string, values: Notice["values"] = {}): void {
    this.#withdraw(key); // once is enough
    const id = ++this.#lastNoticeId;
    this.#change({ notices: [...this.state.peek().notices, { id, level, key, values }] });
    this.#environment.clock.after(NOTICE_MS, () => this.dismissNotice(id));
  }

  /** Take away what is no longer true. */
  #withdraw(...keys: string[]): void {
    for (const { id, key } of this.state.peek().notices) {
      if (keys.includes(key)) {
        this.dismissNotice(id);
      }
    }
  }
}

/** Done, or not: then `sourceFailed` has told why. */
function told(switched: Promise<void>): Promise<void> {
  return switched.catch(() => {});
}
