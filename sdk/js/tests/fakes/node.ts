import { Device, FakeHandler, testFakeParameters, type types } from "mediasoup-client";
import type { EventName, Source } from "../../src/signal/shapes";
import type {
  ConsumerCreated,
  Joined,
  Me,
  NotificationMap,
  PeerInfo,
  RoomSnapshot,
} from "../../src/wire/protocol";
import { FakeSocket, type Request } from "./socket";

/** Router capabilities that mediasoup-client's own fake handler fits. */
export const ROUTER_CAPABILITIES = testFakeParameters.generateRouterRtpCapabilities();

/** What a sender of the fake browser was last told, for each of them in the order of sending. */
export type ToldSenders = RTCRtpEncodingParameters[][];

/** A real `Device` over mediasoup-client's own fake of a browser, with senders that write down what they are told. */
export async function fakeDevice(senders: ToldSenders = []): Promise<Device> {
  const factory = FakeHandler.createFactory(testFakeParameters);
  const device = new Device({
    handlerFactory: { ...factory, factory: (options) => withSenders(factory.factory(options), senders) },
  });
  await device.load({ routerRtpCapabilities: ROUTER_CAPABILITIES });
  return device;
}

function withSenders(handler: types.HandlerInterface, senders: ToldSenders): types.HandlerInterface {
  const send = handler.send.bind(handler);
  handler.send = async (options) => {
    const index =
      senders.push((options.encodings ?? []).map((encoding) => ({ active: true, ...encoding }))) - 1;
    let busy = false;
    const rtpSender = {
      getParameters: () => ({ encodings: structuredClone(senders[index]) }),
      // Browsers refuse parameters that are older than the last ones they took.
      setParameters: async ({ encodings }: { encodings: RTCRtpEncodingParameters[] }) => {
        if (busy) {
          throw new DOMException("The parameters are stale.", "InvalidModificationError");
        }
        busy = true;
        await Promise.resolve();
        busy = false;
        senders[index] = encodings;
      },
    };
    return { ...(await send(options)), rtpSender: rtpSender as unknown as RTCRtpSender };
  };
  return handler;
}

/** Somebody with a tile. */
export function peerInfo(id: string, more: Partial<PeerInfo> = {}): PeerInfo {
  return {
    id,
    displayName: id.toUpperCase(),
    role: "participant",
    joinedAt: 1,
    producers: [],
    handRaisedAt: null,
    absent: false,
    quality: "unknown",
    overrides: {},
    ...more,
  };
}

/** Me, an ordinary participant. */
export function meInfo(more: Partial<Me> = {}): Me {
  return {
    peerId: "me",
    displayName: "Me",
    role: "participant",
    viewer: false,
    permissions: {
      mic: true,
      camera: true,
      screen: true,
      chat: true,
      hand: true,
      moderate: false,
      record: false,
    },
    handRaisedAt: null,
    ...more,
  };
}

/** A webinar's viewer. */
export function viewerInfo(): Me {
  const permissions = {
    mic: false,
    camera: false,
    screen: false,
    chat: true,
    hand: true,
    moderate: false,
    record: false,
  };
  return meInfo({ viewer: true, permissions });
}

/** A room with nobody in it but me. */
export function roomSnapshot(me: Me, more: Partial<RoomSnapshot> = {}): RoomSnapshot {
  return {
    roomId: "room",
    me,
    peers: me.viewer ? [] : [peerInfo(me.peerId, { displayName: me.displayName, role: me.role })],
    viewers: me.viewer ? 1 : 0,
    viewerHands: [],
    waiting: [],
    kicked: [],
    rules: {},
    chat: [],
    videoCodec: "video/VP8",
    videoUrl: "",
    maxBitrateBps: 0,
    recordingSince: null,
    dominantSpeaker: null,
    ...more,
  };
}

/**
 * A node with one room, as far as one client sees it. Answers requests as `rooms/runtime/room.py` does; a test changes what
 * it answers, notifies, and breaks it.
 */
export class FakeNode {
  readonly sockets: FakeSocket[] = [];
  /** Whether connections are answered at all. */
  up = true;
  /** Addresses of machines that have died: nothing comes from there, not even a refusal. */
  readonly dead = new Set<string>();
  /** Error codes that the next `join`s are refused with. */
  readonly refusals: string[] = [];
  /** Error codes that all requests of a method are refused with. */
  readonly forbidden = new Map<string, string>();
  /** Whether a moderator has to open the door. */
  door = false;
  me: Me = meInfo();
  room: Partial<RoomSnapshot> = {};
  /** What others send when somebody joins. */
  consumersAtJoin: ConsumerCreated[] = [];
  /** Requests that are never answered. */
  readonly mute = new Set<string>();
  #knock: { socket: FakeSocket; id: number; displayName: string } | null = null;
  #lastId = 0;

  open = (url: string, subprotocol: string): FakeSocket => {
    const socket = new FakeSocket(url, subprotocol);
    this.sockets.push(socket);
    socket.onRequest = (request) => queueMicrotask(() => this.#respond(socket, request));
    if (this.dead.has(url)) {
      return socket;
    }
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

  /** As a moderator: open the door, or refuse to. */
  admit(admitted: boolean): void {
    if (this.#knock === null) {
      throw new Error("nobody waits");
    }
    const { socket, id, displayName } = this.#knock;
    if (admitted) {
      socket.answer(id, this.joined(displayName));
    } else {
      socket.refuse(id, "notAdmitted", "The moderator did not let you in.");
    }
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
    const refusal = (method === "join" ? this.refusals.shift() : undefined) ?? this.forbidden.get(method);
    if (refusal !== undefined) {
      socket.refuse(id, refusal);
      return;
    }
    switch (method) {
      case "join":
        if (this.door) {
          this.#knock = { socket, id, displayName: String(data.displayName) };
          socket.notify("waiting", {});
        } else {
          socket.answer(id, this.joined(String(data.displayName)));
        }
        break;
      case "produce":
        socket.answer(id, { producerId: `producer${++this.#lastId}` });
        break;
      case "restartIce":
        socket.answer(id, {
          iceParameters: { usernameFragment: "u", password: "p" },
          iceServers: [{ urls: ["turns:relay:443"], username: "second", credential: "c2" }],
        });
        break;
      case "leave":
        socket.answer(id);
        socket.drop(1000, "Left.");
        break;
      default:
        socket.answer(id);
    }
  }

  /** The answer to `join`. */
  joined(displayName: string): Joined {
    return {
      peerId: this.me.peerId,
      identity: "joined identity",
      room: roomSnapshot({ ...this.me, displayName }, this.room),
      sendTransport: { ...testFakeParameters.generateTransportRemoteParameters(), id: "send" },
      recvTransport: { ...testFakeParameters.generateTransportRemoteParameters(), id: "recv" },
      consumers: this.consumersAtJoin,
    };
  }
}

function withLayers(rtpParameters: types.RtpParameters): types.RtpParameters {
  const encodings = (rtpParameters.encodings ?? [{}]).map((one) => ({ ...one, scalabilityMode: "L3T3" }));
  return { ...rtpParameters, encodings };
}
