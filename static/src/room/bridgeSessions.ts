// The room's end of the wire to the page around it. The first hello pins that page's origin; from then on nothing is
// taken from elsewhere and nothing goes elsewhere. One page may hold several bridges, each with a session of its own.

import { ASK_A_PERSON, type EventName, type Events, type Problem } from "../bridge/api";
import { announcement, type FromRoom, readFromPage, sealed, VERSION } from "../bridge/messages";

/** More bridges than any page needs: the oldest has been forgotten by its page. */
const MAX_SESSIONS = 8;
const FOREIGN: Problem = {
  code: "versionMismatch",
  message: `This room speaks version ${VERSION} of the bridge: load meetBridgeApi.js from the room's own server.`,
};

/** One thing that happened. */
export type Happening = { [E in EventName]: { name: E; data: Events[E] } }[EventName];

export interface SessionsOwner {
  /** Send to the page around us. */
  post(message: FromRoom, origin: string): void;
  perform(method: string, data: unknown): Promise<unknown>;
  problemOf(error: unknown): Problem;
  /** What has happened already and still holds, for a bridge that comes late. */
  standing(): Happening[];
  /** The number of bridges has changed. */
  onSessions(count: number): void;
}

export class Sessions {
  readonly #owner: SessionsOwner;
  readonly #roomId: string;
  readonly #pageId: string;
  readonly #sessions = new Set<string>();
  #origin: string | null = null;

  constructor(owner: SessionsOwner, roomId: string, pageId: string) {
    this.#owner = owner;
    this.#roomId = roomId;
    this.#pageId = pageId;
    owner.post(announcement(), "*");
  }

  /** A message from the window around us, with the origin that the browser says it came from. */
  received(message: unknown, origin: string): void {
    if (this.#origin !== null && origin !== this.#origin) return;
    const said = readFromPage(message);
    switch (said?.type) {
      case "foreignHello":
        this.#owner.post(sealed(said.session, { type: "refusal", problem: FOREIGN }), target(origin));
        break;
      case "hello":
        this.#origin = origin;
        this.#greeted(said.session);
        break;
      case "request":
        if (this.#sessions.has(said.session))
          void this.#perform(said.session, said.id, said.method, said.data);
        break;
      case "bye":
        if (this.#sessions.delete(said.session)) this.#owner.onSessions(this.#sessions.size);
        break;
    }
  }

  /** Tell all bridges. */
  tell(happening: Happening): void {
    for (const session of this.#sessions) this.#tell(session, happening);
  }

  #greeted(session: string): void {
    const known = this.#sessions.has(session);
    this.#sessions.add(session);
    for (const oldest of this.#sessions) {
      if (this.#sessions.size <= MAX_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    this.#post(sealed(session, { type: "welcome", pageId: this.#pageId, roomId: this.#roomId }));
    if (known) return; // its page asked again because the first welcome was on its way
    for (const happening of this.#owner.standing()) this.#tell(session, happening);
    this.#owner.onSessions(this.#sessions.size);
  }

  async #perform(session: string, id: number, method: string, data: unknown): Promise<void> {
    if (ASK_A_PERSON.has(method)) this.#post(sealed(session, { type: "pending", id }));
    try {
      const result = await this.#owner.perform(method, data);
      this.#post(sealed(session, { type: "response", id, ok: true, result }));
    } catch (error) {
      this.#post(sealed(session, { type: "response", id, ok: false, problem: this.#owner.problemOf(error) }));
    }
  }

  #tell(session: string, { name, data }: Happening): void {
    this.#post(sealed(session, { type: "event", name, data: { ...data } }));
  }

  #post(message: FromRoom): void {
    if (this.#origin !== null) this.#owner.post(message, target(this.#origin));
  }
}

/**
 * The target for an origin. A page from a file, as in an app's web view, has none that could be named; its window is
 * the only one that we post to, and it can't show another page without ending ours.
 */
function target(origin: string): string {
  return origin === "null" ? "*" : origin;
}
