// A page and a room that talk: both real ends of the bridge, with a wire between them that the test can cut.

import { FakeClock } from "../../../sdk/js/tests/fakes/clock";
import type { EventName, Events } from "../../src/bridge/api";
import { Connection } from "../../src/bridge/connection";
import { type Happening, Sessions } from "../../src/room/bridgeSessions";

export const PAGE_ORIGIN = "https://shop.example";
export const ROOM_ORIGIN = "https://meet.example";

/** What the room's page does for the bridge; tests change it. */
export class FakeRoomPage {
  readonly sessions: Sessions;
  readonly performed: [method: string, data: unknown][] = [];
  readonly posted: { message: unknown; origin: string }[] = [];
  counts: number[] = [];
  standing: Happening[] = [];
  perform: (method: string, data: unknown) => Promise<unknown> = async () => true;

  constructor(pageId: string, toPage: (message: unknown, origin: string) => void) {
    this.sessions = new Sessions(
      {
        post: (message, origin) => {
          this.posted.push({ message, origin });
          if (origin === "*" || origin === PAGE_ORIGIN) toPage(structuredClone(message), ROOM_ORIGIN);
        },
        perform: (method, data) => {
          this.performed.push([method, data]);
          return this.perform(method, data);
        },
        problemOf: (error) => ({ code: "refused", message: String((error as Error).message) }),
        standing: () => this.standing,
        onSessions: (count) => this.counts.push(count),
      },
      "team42",
      pageId,
    );
  }
}

export class Pair {
  readonly clock = new FakeClock();
  readonly connection: Connection;
  readonly events: [name: string, data: unknown][] = [];
  readonly refusals: string[] = [];
  readonly posted: { message: Record<string, unknown>; origin: string; delegate: string | undefined }[] = [];
  target: string | null;
  room: FakeRoomPage | null = null;
  welcomes = 0;

  constructor(target: string | null = ROOM_ORIGIN, roomId = "team42") {
    this.target = target;
    this.connection = new Connection(
      {
        target: () => this.target,
        post: (message, origin, delegate) => {
          this.posted.push({ message: structuredClone(message) as never, origin, delegate });
          if (origin === ROOM_ORIGIN) {
            const sent = structuredClone(message);
            queueMicrotask(() => this.room?.sessions.received(sent, PAGE_ORIGIN));
          }
        },
        after: (ms, callback) => this.clock.after(ms, callback),
        newSession: () => "0123456789abcdef0123456789abcdef",
      },
      {
        onWelcome: () => {
          this.welcomes += 1;
        },
        onEvent: (name, data) => this.events.push([name, data]),
        onRefused: ({ code }) => this.refusals.push(code),
      },
      roomId,
    );
  }

  /** The iframe loads a page with a room in it; `configure` comes before anybody talks to it. */
  load(pageId: string, configure: (room: FakeRoomPage) => void = () => {}): FakeRoomPage {
    const announced: [message: unknown, origin: string][] = [];
    let made: FakeRoomPage | null = null;
    const room = new FakeRoomPage(pageId, (message, origin) => {
      if (made === null) announced.push([message, origin]);
      else if (made === this.room) queueMicrotask(() => this.connection.received(message, origin));
    });
    made = room;
    configure(room);
    this.room = room;
    for (const [message, origin] of announced) this.connection.received(message, origin);
    return room;
  }

  tell<E extends EventName>(name: E, data: Events[E]): void {
    this.room?.sessions.tell({ name, data } as Happening);
  }
}
