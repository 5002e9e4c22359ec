import { Device, FakeHandler, testFakeParameters, type types } from "mediasoup-client";
import type { ConsumerCreated, NotificationMap, PeerInfo } from "../../src/signal/protocol";
import type { EventName, Source } from "../../src/signal/types";
import { FakeSocket, type Request } from "./socket";

/** Router capabilities that mediasoup-client's own fake handler fits. */
export const ROUTER_CAPABILITIES = testFakeParameters.generateRouterRtpCapabilities();

/** A real `Device` over mediasoup-client's own fake of a browser. */
export async function fakeDevice(): Promise<Device> {
  const device = new Device({ handlerFactory: FakeHandler.createFactory(testFakeParameters) });
  await device.load({ routerRtpCapabilities: ROUTER_CAPABILITIES });
  return device;
}

/**
 * A node with one room, as far as one client sees it. Answers requests as `rooms/room.py` does; a test changes what
 * it answers, notifies, and breaks it.
 */
export class FakeNode {
  readonly sockets: FakeSocket[] = [];
  /** Whether connections are answered at all. */
  up = true;
  /** Error codes that the next `join`s are refused with. */
  readonly refusals: string[] = [];
  /** Requests that are never answered. */
  readonly mute = new Set<string>();
  others: PeerInfo[] = [];
  videoCodec = "video/VP8";
  #lastId = 0;

  open = (url: string, subprotocol: string): FakeSocket => {
    const socket = new FakeSocket(url, subprotocol);
    this.sockets.push(socket);
    socket.onRequest = (request) => queueMicrotask(() => this.#respond(socket, request));
    queueMicrotask(() => (this.up ? socket.greet(ROUTER_CAPABILITIES) : socket.drop()));
    return socket;
  };

  /** The newest connection. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) {
      throw new Error("nobody has connected");
    }
    return socket;
  }

  notify<E extends EventName>(event: E, data: NotificationMap[E]): void {
    this.socket.notify(event, data);
  }

  /** Somebody else with one producer, and our consumer of it. */
  consumerOf(peerId: string, source: Source): ConsumerCreated {
    const kind = source === "mic" || source === "screenAudio" ? "audio" : "video";
    const { id, producerId, rtpParameters } = testFakeParameters.generateConsumerRemoteParameters({
      codecMimeType: kind === "audio" ? "audio/opus" : "video/VP8",
    });
    return {
      consumerId: id ?? "",
      producerId: producerId ?? "",
      peerId,
      kind,
      source,
      type: "simulcast",
      producerPaused: false,
      rtpParameters: kind === "audio" ? rtpParameters : withLayers(rtpParameters),
    };
  }

  #respond(socket: FakeSocket, { id, method, data }: Request): void {
    if (this.mute.has(method) || socket.closed) {
      return;
    }
    const refusal = method === "join" ? this.refusals.shift() : undefined;
    if (refusal !== undefined) {
      socket.refuse(id, refusal);
      return;
    }
    switch (method) {
      case "join":
        socket.answer(id, this.#joined(String(data.displayName)));
        break;
      case "produce":
        socket.answer(id, { producerId: `producer${++this.#lastId}` });
        break;
      case "restartIce":
        socket.answer(id, { iceParameters: { usernameFragment: "u", password: "p" } });
        break;
      case "leave":
        socket.answer(id);
        socket.drop(1000, "Left.");
        break;
      default:
        socket.answer(id);
    }
  }

  #joined(displayName: string) {
    const me = { id: "me", displayName, joinedAt: 1, producers: [] };
    return {
      peerId: "me",
      room: { roomId: "room", peers: [...this.others, me], videoCodec: this.videoCodec },
      sendTransport: { ...testFakeParameters.generateTransportRemoteParameters(), id: "send" },
      recvTransport: { ...testFakeParameters.generateTransportRemoteParameters(), id: "recv" },
    };
  }
}

function withLayers(rtpParameters: types.RtpParameters): types.RtpParameters {
  const encodings = (rtpParameters.encodings ?? [{}]).map((one) => ({ ...one, scalabilityMode: "L3T3" }));
  return { ...rtpParameters, encodings };
}
