// The way to the node, tried for real: a picture goes up, and the node sends it back.

import type { types } from "mediasoup-client";
import type { Fetch } from "meet-client/room/tickets";
import type { Device } from "meet-client/rtc/session";
import { type OpenSocket, SignalClient } from "meet-client/signal/client";
import type { Clock } from "meet-client/signal/clock";
import { RequestRefused } from "meet-client/signal/failures";
import type { RtpCapabilities } from "meet-client/signal/shapes";
import type { CheckTicket, CheckTicketRequest, IceServer } from "../../wire/check";
import { type Reading, readingOf } from "./stats";

/** After this long something is in the way. */
export const MEDIA_TIMEOUT_MS = 10_000;
const TICKET_TIMEOUT_MS = 8_000;
/** As much as the node takes of a check. */
export const MAX_BPS = 2_500_000;
const START_KBPS = 1_000;

export interface LinkEnvironment {
  clock: Clock;
  openSocket: OpenSocket;
  fetch: Fetch;
  loadDevice(routerRtpCapabilities: RtpCapabilities): Promise<Device>;
}

/** The server refused, and says why: most likely too many check at the moment. */
export class Busy extends Error {}

/** Why there is no link: no answer by HTTP or WebSocket, or nothing but those. */
export class NoWay extends Error {
  constructor(readonly signalling: boolean) {
    super(signalling ? "Media does not get through." : "The server cannot be reached.");
  }
}

/** An open link. Both ways are measured by what `up` and `down` read. */
export class Link {
  /** Where media goes, for who has to open a firewall: `address:port`. */
  readonly target: string;
  readonly #client: SignalClient;
  readonly #clock: Clock;
  readonly #send: types.Transport;
  readonly #recv: types.Transport;
  readonly #consumerIds: string[] = [];

  private constructor(
    client: SignalClient,
    clock: Clock,
    send: types.Transport,
    recv: types.Transport,
    target: string,
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#send = send;
    this.#recv = recv;
    this.target = target;
  }

  /** Rejects with `Busy` or `NoWay`. */
  static async open(
    ticketUrl: string,
    roomId: string,
    track: MediaStreamTrack,
    environment: LinkEnvironment,
  ): Promise<Link> {
    const { ticket, nodeUrl, iceServers } = await fetchTicket(ticketUrl, roomId, environment);
    const client = new SignalClient(nodeUrl, environment.openSocket, environment.clock);
    try {
      return await Link.#enter(client, ticket, iceServers, track, environment);
    } catch (error) {
      client.close();
      if (error instanceof RequestRefused) {
        throw new Busy(error.message);
      }
      throw error instanceof NoWay ? error : new NoWay(false);
    }
  }

  static async #enter(
    client: SignalClient,
    ticket: string,
    iceServers: IceServer[],
    track: MediaStreamTrack,
    { clock, loadDevice }: LinkEnvironment,
  ): Promise<Link> {
    const device = await loadDevice((await client.hello).routerRtpCapabilities);
    const joined = await client.request("join", { ticket, rtpCapabilities: device.recvRtpCapabilities });
    const { sctpParameters: _ofSend, ...sendOptions } = joined.sendTransport;
    const { sctpParameters: _ofRecv, ...recvOptions } = joined.recvTransport;
    const send = device.createSendTransport({ ...sendOptions, iceServers });
    const recv = device.createRecvTransport({ ...recvOptions, iceServers });
    const [candidate] = joined.sendTransport.iceCandidates;
    const link = new Link(client, clock, send, recv, `${candidate?.ip}:${candidate?.port}`);
    for (const transport of [send, recv]) {
      transport.on("connect", ({ dtlsParameters }, done, failed) => {
        client
          .request("connectTransport", { transportId: transport.id, dtlsParameters })
          .then(() => done(), failed);
      });
    }
    send.on("produce", ({ kind, rtpParameters }, done, failed) => {
      client
        .request("produce", { kind, rtpParameters, source: "camera" })
        .then(({ producerId }) => done({ id: producerId }), failed);
    });
    client.on("consumerCreated", ({ consumerId, producerId, kind, rtpParameters }) => {
      link.#consumerIds.push(consumerId);
      recv.consume({ id: consumerId, producerId, kind, rtpParameters }).catch(() => {}); // then nothing comes, and shows
    });
    const connected = link.#connected();
    connected.catch(() => {}); // it is awaited below, unless something else has failed before
    await send.produce({
      track,
      encodings: [{ maxBitrate: MAX_BPS }],
      codecOptions: { videoGoogleStartBitrate: START_KBPS },
      stopTracks: false,
    });
    await connected;
    return link;
  }

  /** Whether it can still be measured on. */
  get usable(): boolean {
    return this.#client.usable && this.#send.connectionState === "connected";
  }

  async up(): Promise<Reading> {
    return readingOf(await this.#send.getStats(), this.#clock.now());
  }

  async down(): Promise<Reading> {
    return readingOf(await this.#recv.getStats(), this.#clock.now());
  }

  /** From now on the picture comes back. */
  async returnPicture(): Promise<void> {
    for (const consumerId of this.#consumerIds) {
      await this.#client.request("resumeConsumer", { consumerId });
    }
  }

  /** End it. Idempotent. */
  close(): void {
    this.#send.close();
    this.#recv.close();
    this.#client.tell("leave", {});
    this.#client.close();
  }

  #connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(MEDIA_TIMEOUT_MS, () => reject(new NoWay(true)));
      this.#send.on("connectionstatechange", (state) => {
        if (state === "connected") {
          cancel();
          resolve();
        } else if (state === "failed" || state === "closed") {
          cancel();
          reject(new NoWay(true));
        }
      });
    });
  }
}

async function fetchTicket(url: string, roomId: string, environment: LinkEnvironment): Promise<CheckTicket> {
  let response: Awaited<ReturnType<Fetch>>;
  let body: unknown;
  try {
    response = await environment.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ roomId } satisfies CheckTicketRequest),
      cache: "no-store",
      signal: AbortSignal.timeout(TICKET_TIMEOUT_MS),
    });
    body = await response.json();
  } catch {
    throw new NoWay(false);
  }
  if (response.ok) {
    return body as CheckTicket;
  }
  if (response.status === 429) {
    throw new Busy("Too many requests.");
  }
  throw new NoWay(false);
}
