// The way into a room: ticket, connection, greeting, device, `join`. As much of it as can be done before the click.

import type { Device } from "../rtc/session.js";
import { REQUEST_TIMEOUT_MS, SignalClient } from "../signal/client.js";
import { RequestRefused } from "../signal/failures.js";
import { type Begun, hedged } from "../signal/hedged.js";
import type { Admission } from "../wire/admission.js";
import type { IceServer, Joined } from "../wire/protocol.js";
import { IdentityKeeper } from "./identity.js";
import type { Platform } from "./platform.js";
import { askForTicket, fetchTicket, isFresh, TICKET_TIMEOUT_MS } from "./tickets.js";
import type { Way } from "./way.js";

/** A greeted connection, and a device that knows what the room can do. */
interface Link {
  url: string;
  client: SignalClient;
  device: Device;
}

/**
 * Where nobody answers for so long, web is asked whether the room is on another node by now: of a machine that has died
 * nothing comes at all. What takes long is asked for less and less often.
 */
export const ELSEWHERE_MS = 2_500;
const ELSEWHERE_GROWTH = 1.5;

/** In. The first notifications may come as soon as the current microtasks are done. */
export interface Entered {
  client: SignalClient;
  device: Device;
  joined: Joined;
  iceServers: IceServer[];
}

export class Entrance {
  readonly #way: Way;
  readonly #platform: Platform;
  readonly #keeper: IdentityKeeper;
  #admission: Admission;
  #admittedAtMs: number;
  #identity: string;
  /** The page was somebody before it was loaded anew: the ticket that it was loaded with is for somebody else. */
  #returns: boolean;
  /** Somebody is or was in from this page, so loading it anew means coming back, also from the welcome screen. */
  #comesBack: boolean;
  #warm: { url: string; link: Promise<Link | null> } | null = null;
  #entering: SignalClient | null = null;

  constructor(way: Way, platform: Platform) {
    this.#way = way;
    this.#platform = platform;
    this.#admission = way;
    this.#admittedAtMs = platform.clock.now();
    this.#keeper = new IdentityKeeper(platform.identityStorage, way.roomId);
    const kept = this.#keeper.take();
    this.#identity = kept ?? way.identity;
    this.#returns = kept !== null;
    this.#comesBack = kept !== null;
    platform.onPageHide(() => {
      if (this.#comesBack) {
        this.#keeper.leave(this.#identity);
      }
    });
    platform.onVisibility(() => {
      if (!platform.hidden()) {
        this.#keeper.forget();
      }
    });
  }

  /** Whoever is at this page was removed: it stays so when the page is loaded anew. */
  removed(): void {
    this.#keeper.removed(this.#identity);
  }

  /** Connect already, so that `enter` has only `join` left to do. A failure shows there, if it lasts. */
  prewarm(): void {
    this.#warm ??= { url: this.#admission.nodeUrl, link: this.#open().catch(() => null) };
  }

  /** Connect again beside a connection that may be dead; resolves with whether that worked. */
  async tryAgain(): Promise<boolean> {
    this.prewarm();
    return (await this.#warm?.link) != null;
  }

  /** The connection that was in doubt is good: the one beside it isn't needed. */
  cool(): void {
    void this.#warm?.link.then((link) => link?.client.close());
    this.#warm = null;
  }

  /**
   * Join the room, with a new ticket if asked or if the old one is old. Calls `onWaiting` when somebody has to open
   * the door, which may take them any time. Rejects with `TicketRefused`, `TicketUnavailable`, `Unsupported` or a
   * `SignalError`.
   */
  async enter(displayName: string, newTicket: boolean, onWaiting: () => void): Promise<Entered> {
    const { clock } = this.#platform;
    const returns = this.#returns;
    this.#returns = false;
    if (newTicket || returns || !isFresh(clock.now() - this.#admittedAtMs)) {
      this.prewarm(); // meanwhile: most likely it is the same node
      this.#admitted(await this.#fetchAdmission());
    }
    const link = await this.#linkWherever();
    const cancelTimeout = clock.after(REQUEST_TIMEOUT_MS, () => link.client.close());
    const stopListening = link.client.on("waiting", () => {
      cancelTimeout();
      onWaiting();
    });
    this.#entering = link.client;
    try {
      const ask = {
        ticket: this.#admission.ticket,
        rtpCapabilities: link.device.recvRtpCapabilities,
        displayName,
        gathered: true,
        watches: true,
      };
      const joined = await link.client.request("join", ask, null);
      this.#identity = joined.identity;
      this.#comesBack = true;
      this.#keeper.welcome();
      return { client: link.client, device: link.device, joined, iceServers: this.#admission.iceServers };
    } catch (error) {
      if (error instanceof RequestRefused) {
        this.#warm = { url: link.url, link: Promise.resolve(link) }; // the connection is good, another ticket may do
      } else {
        link.client.close();
      }
      throw error;
    } finally {
      cancelTimeout();
      stopListening();
      this.#entering = null;
    }
  }

  /** Don't wait at the door any longer: `enter` rejects. */
  giveUp(): void {
    this.#entering?.close();
  }

  #admitted(admission: Admission): void {
    if (admission === this.#admission) {
      return;
    }
    this.#admission = admission;
    this.#admittedAtMs = this.#platform.clock.now();
    this.#identity = admission.identity;
  }

  #fetchAdmission(): Promise<Admission> {
    const { clock, fetch } = this.#platform;
    const { newTicket, ticketUrl } = this.#way;
    if (newTicket === undefined && ticketUrl === null && isFresh(clock.now() - this.#admittedAtMs)) {
      return Promise.resolve(this.#admission); // the only one that there is
    }
    return this.#hedged(() => {
      const controller = new AbortController();
      const cancelTimeout = clock.after(TICKET_TIMEOUT_MS, () => controller.abort());
      const { signal } = controller;
      const result =
        newTicket === undefined
          ? fetchTicket(this.#way, this.#identity, fetch, signal)
          : askForTicket(newTicket, this.#identity, signal);
      result.then(cancelTimeout, cancelTimeout);
      return { result, cancel: () => controller.abort() };
    });
  }

  /** As `#link`; while nobody answers, the room may turn out to be elsewhere. */
  async #linkWherever(): Promise<Link> {
    let link = this.#link();
    for (let patienceMs = ELSEWHERE_MS; ; patienceMs *= ELSEWHERE_GROWTH) {
      const found = await this.#within(link, patienceMs);
      if (found !== null) {
        return found;
      }
      const admission = await this.#fetchAdmission().catch(() => null); // web may be away as well
      if (admission !== null) {
        const moved = admission.nodeUrl !== this.#admission.nodeUrl;
        this.#admitted(admission); // also of the same node: who has started anew refuses tickets of before
        if (moved) {
          link.then(({ client }) => client.close()).catch(() => {}); // that node is gone: it isn't waited for
          link = this.#link();
        }
      }
    }
  }

  /** What `pending` comes to; null where that takes longer. */
  async #within<T>(pending: Promise<T>, ms: number): Promise<T | null> {
    let cancel = () => {};
    const late = new Promise<null>((resolve) => {
      cancel = this.#platform.clock.after(ms, () => resolve(null));
    });
    try {
      return await Promise.race([pending, late]);
    } finally {
      cancel();
    }
  }

  async #link(): Promise<Link> {
    const warm = this.#warm;
    this.#warm = null;
    if (warm !== null && warm.url !== this.#admission.nodeUrl) {
      void warm.link.then((link) => link?.client.close()); // that node may be gone: it isn't waited for
      return this.#open();
    }
    const link = (await warm?.link) ?? null;
    if (link?.client.usable) {
      return link;
    }
    link?.client.close();
    return this.#open();
  }

  async #open(): Promise<Link> {
    const { clock, loadDevice, openSocket } = this.#platform;
    const url = this.#admission.nodeUrl;
    const { client, hello } = await this.#hedged(() => {
      const begun = new SignalClient(url, openSocket, clock);
      const result = begun.hello.then((greeting) => ({ client: begun, hello: greeting }));
      return { result, cancel: () => begun.close() };
    });
    try {
      return { url, client, device: await loadDevice(hello.routerRtpCapabilities) };
    } catch (error) {
      client.close();
      throw error;
    }
  }

  #hedged<T>(begin: () => Begun<T>): Promise<T> {
    const { clock, random, onNetwork } = this.#platform;
    return hedged({ begin, clock, random, onNetwork });
  }
}
