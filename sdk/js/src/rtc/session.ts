// The media of one stay in a room: two transports, what we send on one and what we receive on the other.

import { parseScalabilityMode, type types } from "mediasoup-client";
import type { SignalClient } from "../signal/client.js";
import type { Clock } from "../signal/clock.js";
import { ConnectionLost, RequestRefused } from "../signal/failures.js";
import type { Source } from "../signal/shapes.js";
import type {
  ConsumerCreated,
  IceServer,
  Joined,
  TransportFailed,
  TransportOptions,
} from "../wire/protocol.js";
import { encodingFor } from "./encodings.js";
import { ASSUMED_CAPTURE } from "./layers.js";
import {
  type LayerLimit,
  layersBps,
  limit,
  limitLayers,
  shareLimit,
  stricter,
  uploadCaps,
} from "./limits.js";
import { Patience, STEP_EVERY_MS } from "./patience.js";
import { latestOf, Pulse } from "./pulse.js";
import { Recovery } from "./recovery.js";
import type { Outgoing, Uplink } from "./sources.js";
import { countsOf, numberOr, pathOf } from "./statistics.js";
import { Upload } from "./upload.js";

/** So soon after the first video it is seen whether packets get lost; later whenever statistics are asked for. */
const FIRST_LOOK_MS = 2_000;
const NEXT_LOOK_MS = 1_000;

/** What we need of mediasoup-client's `Device`, loaded. */
export type Device = Pick<
  types.Device,
  | "handlerName"
  | "recvRtpCapabilities"
  | "sendRtpCapabilities"
  | "createSendTransport"
  | "createRecvTransport"
>;

export interface SessionEvents {
  /** A consumer is ready, and paused until the server is asked to resume it. */
  onTrack(
    created: ConsumerCreated,
    track: MediaStreamTrack,
    spatialLayers: number,
    receiver: RTCRtpReceiver | undefined,
  ): void;
  /** Media does not come back on these transports: join again. */
  onDead(): void;
  /** Media has never got through. */
  onUnreachable(): void;
  /** Nothing comes at the moment, of what came or on a path that was there. */
  onInterrupted(): void;
}

/** Made from the answer to `join`, and the TURN servers that came with the ticket; `close` ends all media of it. */
export class Session implements Uplink {
  readonly #client: SignalClient;
  readonly #device: Device;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  readonly #sendOptions: TransportOptions;
  readonly #recv: types.Transport;
  /** TURN servers with the freshest credentials that we were given. */
  #iceServers: IceServer[];
  readonly #recoveries = new Map<string, Recovery>();
  readonly #videos = new Set<MediasoupOutgoing>();
  readonly #consumers = new Map<string, types.Consumer>();
  readonly #expected = new Set<string>();
  readonly #pulse: Pulse;
  readonly #patience = new Patience();
  #looks = false;
  #cancelLook: () => void = () => {};
  /** Of the next step, while videos are being told to wait for longer or shorter, a little each time. */
  #cancelStep: (() => void) | null = null;
  #send: types.Transport | null = null;
  #maxBitrateBps = 0;
  readonly #upload = new Upload();
  #abandoned = false;
  #closed = false;

  constructor(
    device: Device,
    joined: Joined,
    iceServers: IceServer[],
    client: SignalClient,
    clock: Clock,
    events: SessionEvents,
  ) {
    this.#device = device;
    this.#client = client;
    this.#events = events;
    this.#clock = clock;
    this.#sendOptions = joined.sendTransport;
    this.#iceServers = iceServers;
    this.#recv = device.createRecvTransport(transportOptions(joined.recvTransport, iceServers));
    this.#watch(this.#recv);
    this.#pulse = new Pulse(
      clock,
      () => latestOf([...this.#consumers.values()].map(({ rtpReceiver }) => rtpReceiver)),
      () => events.onInterrupted(),
    );
  }

  /** Receive what the server has made ready for us. Calls that come together are negotiated together, in order. */
  async consume(created: ConsumerCreated): Promise<void> {
    const { consumerId, producerId, peerId, kind, rtpParameters, source } = created;
    const ofScreen = source === "screen" || source === "screenAudio";
    this.#expected.add(consumerId);
    let consumer: types.Consumer;
    try {
      consumer = await this.#recv.consume({
        id: consumerId,
        producerId,
        kind,
        rtpParameters,
        // The browser keeps tracks with one stream id in step: lips with voice, a shared film with its sound.
        streamId: `${peerId}-${ofScreen ? "screen" : "person"}`,
      });
    } catch {
      this.#expected.delete(consumerId);
      return; // a codec that this browser cannot decode after all, or a session that was closed meanwhile
    }
    if (!this.#expected.delete(consumerId) || this.#closed) {
      consumer.close();
      return;
    }
    this.#consumers.set(consumerId, consumer);
    const { track, rtpReceiver } = consumer;
    this.#events.onTrack(created, track, spatialLayersOf(rtpParameters), rtpReceiver);
    if (kind === "video" && !this.#looks) {
      this.#looks = true;
      this.#lookAfter(FIRST_LOOK_MS);
    }
  }

  /** Whether anything of what others send comes. */
  get flows(): boolean {
    return this.#pulse.beats;
  }

  /** The server has closed one of our consumers. */
  closeConsumer(consumerId: string): void {
    this.#expected.delete(consumerId);
    this.#consumers.get(consumerId)?.close();
    this.#consumers.delete(consumerId);
  }

  /** The server says that one of the transports has failed. */
  transportFailed({ transportId, reason }: TransportFailed): void {
    if (this.#closed) {
      return;
    }
    if (reason === "dtls") {
      this.#events.onDead();
    } else {
      this.#recoveries.get(transportId)?.consentLost();
    }
  }

  async produce(source: Source, track: MediaStreamTrack, mimeType: string | null): Promise<Outgoing> {
    const { width = ASSUMED_CAPTURE.width, height = ASSUMED_CAPTURE.height } = track.getSettings();
    const canSvc = this.#device.handlerName.startsWith("Chrome");
    const { sendRtpCapabilities } = this.#device;
    const encoding = encodingFor(source, { width, height }, mimeType, sendRtpCapabilities, canSvc);
    const producer = await this.#sendTransport().produce({
      track,
      ...encoding,
      // Whose track it is decides when it stops: a camera goes on through a reconnect.
      stopTracks: false,
      appData: { source },
    });
    const goodBps = encoding.encodings?.map(({ maxBitrate = 0 }) => maxBitrate) ?? [];
    const outgoing = new MediasoupOutgoing(source, producer, this.#client, goodBps, () => this.#share());
    if (goodBps.length > 0) {
      this.#videos.add(outgoing);
      this.#share();
    }
    return outgoing;
  }

  /** Send all video together with at most so many bits/s from now on; 0 for no limit. */
  setMaxBitrate(bitrateBps: number): void {
    this.#maxBitrateBps = bitrateBps;
    this.#share();
  }

  /**
   * So many layers of one of our videos are received by anybody, the smallest first: send no others, and each with at
   * most so many bits/s (0, or none, for no limit).
   */
  setLayersWanted(producerId: string, layers: number, maxBitrates: readonly number[] = []): void {
    for (const video of this.#videos) {
      if (video.id === producerId) {
        video.layersWanted = layers;
        video.capsBps = maxBitrates;
        this.#share();
      }
    }
  }

  /** What the browser counts of both transports; null for one that there is not. Rejects when they are closed. */
  async statistics(): Promise<{ send: RTCStatsReport | null; recv: RTCStatsReport | null }> {
    const [send, recv] = await Promise.all([this.#send?.getStats() ?? null, this.#recv.getStats()]);
    this.#adapt(recv);
    if (send !== null) {
      const availableBps = numberOr(pathOf(countsOf(send))?.availableOutgoingBitrate, 0);
      this.#upload.found(availableBps, this.#clock.now());
      this.#share();
    }
    return { send, recv };
  }

  #lookAfter(ms: number): void {
    this.#cancelLook();
    this.#cancelLook = this.#clock.after(ms, () => {
      void this.#recv
        .getStats()
        .then((recv) => this.#adapt(recv))
        .catch(() => {}); // closed meanwhile
    });
  }

  /** Have videos wait for as long as repairs take, and look again soon where that has just become longer. */
  #adapt(recv: RTCStatsReport): void {
    if (this.#abandoned) {
      return;
    }
    if (this.#patience.look(countsOf(recv))) {
      this.#lookAfter(NEXT_LOOK_MS);
    }
    if (this.#cancelStep === null) {
      this.#step();
    }
  }

  #step(): void {
    this.#cancelStep = null;
    const receivers = [...this.#consumers.values()].map(({ rtpReceiver }) => rtpReceiver);
    if (this.#patience.step(receivers.filter((receiver) => receiver !== undefined))) {
      this.#cancelStep = this.#clock.after(STEP_EVERY_MS, () => this.#step());
    }
  }

  /** Leave the transports as they are, but do nothing about them any more: the connection is being replaced. */
  abandon(): void {
    for (const recovery of this.#recoveries.values()) {
      recovery.stop();
    }
    this.#pulse.stop();
    this.#abandoned = true;
    this.#cancelLook();
    this.#cancelStep?.();
  }

  /** End everything. Idempotent. */
  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.abandon();
      this.#send?.close();
      this.#recv.close();
      this.#consumers.clear();
      this.#expected.clear();
    }
  }

  /** Made with the first track: who only watches needs none. */
  #sendTransport(): types.Transport {
    if (this.#closed) {
      throw new ConnectionLost();
    }
    if (this.#send !== null) {
      return this.#send;
    }
    const transport = this.#device.createSendTransport(transportOptions(this.#sendOptions, this.#iceServers));
    // One CNAME for all we send (RFC 7022): Chromium leaves it out where encodings have rids, and a receiver that
    // has none can tell a second video from the first by nothing.
    const cname = transport.id;
    transport.on("produce", ({ kind, rtpParameters, appData }, done, failed) => {
      this.#client
        .request("produce", {
          kind,
          rtpParameters: { ...rtpParameters, rtcp: { ...rtpParameters.rtcp, cname } },
          source: appData.source as Source,
        })
        .then(({ producerId }) => done({ id: producerId }), failed);
    });
    this.#watch(transport);
    this.#send = transport;
    return transport;
  }

  /** Divide the limit, and what the upload carries, among the videos that are being sent. */
  #share(): void {
    for (const video of this.#videos) {
      if (video.closed) {
        this.#videos.delete(video);
      }
    }
    const sending = [...this.#videos].filter(({ paused }) => !paused);
    const wanted = sending.map(({ wantedBps }) => wantedBps);
    const wantedBps = wanted.reduce((all, one) => all + one, 0);
    const takenBps = Math.min(wantedBps, this.#maxBitrateBps || wantedBps);
    const uploadBps = this.#upload.share(takenBps, this.#clock.now());
    const limits = shareLimit(wanted, this.#maxBitrateBps);
    const uploads = shareLimit(wanted, uploadBps);
    sending.forEach((video, index) => {
      video.limit(limits[index] ?? 0, uploads[index] ?? 0);
    });
  }

  #watch(transport: types.Transport): void {
    const recovery = new Recovery(this.#clock, {
      restartIce: async () => {
        const { iceParameters, iceServers } = await this.#client.request("restartIce", {
          transportId: transport.id,
        });
        this.#iceServers = iceServers;
        await transport.updateIceServers({ iceServers });
        await transport.restartIce({ iceParameters });
      },
      onGivenUp: () => this.#events.onDead(),
      onUnreachable: () => this.#events.onUnreachable(),
    });
    transport.on("connectionstatechange", (state) => {
      if (state === "disconnected" || state === "failed") {
        this.#events.onInterrupted();
      }
      recovery.stateChanged(state);
    });
    transport.on("connect", ({ dtlsParameters }, done, failed) => {
      this.#client
        .request("connectTransport", { transportId: transport.id, dtlsParameters })
        .then(() => done(), failed);
    });
    this.#recoveries.set(transport.id, recovery);
  }
}

class MediasoupOutgoing implements Outgoing {
  /** What each layer of a video is encoded with where nothing limits it, the smallest first; empty for sound. */
  readonly goodBps: readonly number[];
  readonly #source: Source;
  readonly #producer: types.Producer;
  readonly #client: SignalClient;
  readonly #onSendingChanged: () => void;
  /** Of how many layers, the smallest first, anybody receives one; a node that never tells wants all. */
  layersWanted = Number.POSITIVE_INFINITY;
  /** With how much each layer is of use to anybody, at most; 0, or none, for no limit. */
  capsBps: readonly number[] = [];
  #limited = "";
  #limiting: Promise<void> = Promise.resolve();

  constructor(
    source: Source,
    producer: types.Producer,
    client: SignalClient,
    goodBps: readonly number[],
    onSendingChanged: () => void,
  ) {
    this.#source = source;
    this.#producer = producer;
    this.#client = client;
    this.goodBps = goodBps;
    this.#onSendingChanged = onSendingChanged;
    this.#limited = JSON.stringify(this.#layers(0, 0)); // as it was made
  }

  get id(): string {
    return this.#producer.id;
  }

  /** What the layers that somebody receives are encoded with where nothing limits them, in bits/s. */
  get wantedBps(): number {
    return layersBps(this.#source, this.goodBps, this.capsBps)
      .slice(0, this.layersWanted)
      .reduce((sum, bps) => sum + bps, 0);
  }

  get closed(): boolean {
    return this.#producer.closed;
  }

  get paused(): boolean {
    return this.#producer.paused;
  }

  /**
   * Send the layers of a video that are wanted with at most so many bits/s together, and as fits an upload that carries
   * so many; 0 for no limit, and for enough.
   */
  limit(limitBps: number, uploadBps: number): void {
    const sender = this.#producer.rtpSender;
    const layers = this.#layers(limitBps, uploadBps);
    const limited = JSON.stringify(layers);
    if (limited === this.#limited || sender === undefined) {
      return;
    }
    this.#limited = limited;
    // One after the other, for a sender takes no parameters that are older than its last.
    this.#limiting = this.#limiting.then(() => limit(sender, layers)).catch(() => {}); // the sender is closed
  }

  #layers(limitBps: number, uploadBps: number): LayerLimit[] {
    const caps = uploadCaps(this.goodBps, uploadBps, this.layersWanted).map((cap, layer) =>
      stricter(cap, this.capsBps[layer] ?? 0),
    );
    return limitLayers(this.#source, this.goodBps, limitBps, this.layersWanted, caps);
  }

  async pause(): Promise<void> {
    this.#producer.pause();
    this.#onSendingChanged();
    await this.#client.request("pauseProducer", { producerId: this.#producer.id });
  }

  async resume(): Promise<void> {
    this.#producer.resume();
    this.#onSendingChanged();
    await this.#client.request("resumeProducer", { producerId: this.#producer.id });
  }

  async replace(track: MediaStreamTrack): Promise<void> {
    await this.#producer.replaceTrack({ track });
  }

  async close(): Promise<void> {
    this.#producer.close();
    this.#onSendingChanged();
    try {
      await this.#client.request("closeProducer", { producerId: this.#producer.id });
    } catch (error) {
      if (!(error instanceof RequestRefused)) {
        throw error;
      } // refused: it is gone already, which was the point
    }
  }
}

function transportOptions(
  { sctpParameters, ...options }: TransportOptions,
  iceServers: IceServer[],
): types.TransportOptions {
  return { ...options, iceServers, ...(sctpParameters && { sctpParameters }) };
}

function spatialLayersOf(rtpParameters: types.RtpParameters): number {
  return parseScalabilityMode(rtpParameters.encodings?.[0]?.scalabilityMode).spatialLayers;
}
