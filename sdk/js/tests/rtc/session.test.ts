import type { types } from "mediasoup-client";
import { beforeEach, describe, expect, it } from "vitest";
import { type Device, Session } from "../../src/rtc/session";
import { SignalClient } from "../../src/signal/client";
import { ConnectionLost } from "../../src/signal/failures";
import { FakeClock, settled } from "../fakes/clock";
import { FakeNode, fakeDevice, type ToldSenders } from "../fakes/node";
import { asTrack, FakeTrack } from "../fakes/tracks";

let node: FakeNode;
let made: string[];
/** Of each transport as it was made or changed, whose credentials it uses. */
let relays: [string, unknown][];
let session: Session;
let make: (onTrack: (track: MediaStreamTrack) => void) => Session;
let senders: ToldSenders;
let clock: FakeClock;
/** What the browser counts of the receiving transport, and how often we have looked; and of the sending one. */
let counted: Record<string, unknown>[];
let upload: Record<string, unknown>[];
let looks: number;
/** What the receiver of each video was told, in ms, one after the other. */
let waits: unknown[];

const FIRST = [{ urls: ["turns:relay:443"], username: "first", credential: "c1" }];

function watch<T extends types.AppData>(
  transport: types.Transport<T>,
  { id, iceServers }: types.TransportOptions<T>,
): types.Transport<T> {
  relays.push([id, iceServers?.[0]?.username]);
  const update = transport.updateIceServers.bind(transport);
  transport.updateIceServers = async (options) => {
    relays.push([id, options?.iceServers?.[0]?.username]);
    await update(options);
  };
  return transport;
}

const receiver = (track: MediaStreamTrack) => ({
  track,
  set jitterBufferTarget(ms: unknown) {
    waits.push(ms);
  },
});

beforeEach(async () => {
  node = new FakeNode();
  made = [];
  relays = [];
  clock = new FakeClock();
  counted = [];
  upload = [];
  looks = 0;
  waits = [];
  const client = new SignalClient("ws://node", node.open, clock);
  await client.hello;
  senders = [];
  const device = await fakeDevice(senders);
  const watched: Device = {
    handlerName: device.handlerName,
    recvRtpCapabilities: device.recvRtpCapabilities,
    sendRtpCapabilities: device.sendRtpCapabilities,
    createSendTransport: (options) => {
      made.push(options.id);
      const transport = watch(device.createSendTransport(options), options);
      transport.getStats = () => Promise.resolve(new Map(upload.map((entry) => [String(entry.id), entry])));
      return transport;
    },
    createRecvTransport: (options) => {
      made.push(options.id);
      const transport = watch(device.createRecvTransport(options), options);
      transport.getStats = () => {
        looks += 1;
        return Promise.resolve(new Map(counted.map((entry) => [String(entry.id), entry])));
      };
      const consume = transport.consume.bind(transport);
      transport.consume = async (options) => {
        const consumer = await consume(options);
        return Object.defineProperty(consumer, "rtpReceiver", { value: receiver(consumer.track) });
      };
      return transport;
    },
  };
  const ignore = () => {};
  make = (onTrack) =>
    new Session(watched, node.joined("Ada"), FIRST, client, clock, {
      onTrack: (_, track) => onTrack(track),
      onDead: ignore,
      onUnreachable: ignore,
      onInterrupted: ignore,
    });
  session = make(ignore);
});

const camera = () => session.produce("camera", asTrack(new FakeTrack("video", "v")), "video/VP8");
/** Of the video that was sent as the first, which layers are active. */
const active = async () => {
  await new Promise((resolve) => setTimeout(resolve));
  return senders[0]?.map((encoding) => encoding.active);
};

const microphone = () => session.produce("mic", asTrack(new FakeTrack("audio", "t")), null);

describe("a session", () => {
  it("makes its transport for sending with the first track, and only one", async () => {
    expect(made).toEqual(["recv"]);
    await microphone();
    await session.produce("camera", asTrack(new FakeTrack("video", "v")), "video/VP8");
    expect(made).toEqual(["recv", "send"]);
  });

  it("sends nothing after its end", async () => {
    session.close();
    await expect(microphone()).rejects.toBeInstanceOf(ConnectionLost);
    expect([made, node.socket.methods]).toEqual([["recv"], []]);
  });
});

describe("videos that lose packets", () => {
  const video = (packets: number, lost: number) => [
    {
      id: "v",
      type: "inbound-rtp",
      kind: "video",
      trackIdentifier: "v",
      packetsReceived: packets,
      packetsLost: lost,
    },
  ];

  it("are looked at again after a second until their wait is long enough", async () => {
    counted = video(100, 10);
    await session.statistics();
    await clock.advance(999);
    expect(looks).toBe(1);
    counted = video(200, 10);
    await clock.advance(10_000);
    expect(looks).toBe(2);
  });

  it("are not looked at after the end", async () => {
    counted = video(100, 10);
    await session.statistics();
    session.close();
    await clock.advance(10_000);
    expect(looks).toBe(1);
  });

  it("are told to wait a little longer each time, and nothing more once the session is abandoned", async () => {
    let shown = "";
    session.close();
    session = make((track) => {
      shown = track.id;
    });
    await session.consume(node.consumerOf("bob", "camera"));
    counted = video(100, 10).map((entry) => ({ ...entry, trackIdentifier: shown, framesReceived: 15 }));
    counted.push({ id: "p", type: "candidate-pair", nominated: true, currentRoundTripTime: 0.2 });
    await session.statistics();
    await clock.advance(500);
    expect(waits).toEqual([40, 80, 120]);
    const asked = session.statistics();
    session.abandon();
    await asked;
    await clock.advance(10_000);
    expect([waits.length, looks]).toEqual([3, 2]);
  });
});

describe("an upload that does not carry all", () => {
  const rates = async () => {
    await active();
    return senders[0]?.map(({ maxBitrate = 0 }) => maxBitrate) ?? [];
  };
  const available = async (bitrate: number) => {
    await clock.advance(5_000);
    upload = [
      { id: "t", type: "transport", selectedCandidatePairId: "p" },
      { id: "p", type: "candidate-pair", availableOutgoingBitrate: bitrate },
    ];
    await session.statistics();
    return await rates();
  };

  it("has smaller layers sent with less until it does", async () => {
    await camera();
    const good = await rates();
    const [small = 0, middle = 0, large = 0] = good;
    expect(await available(500_000)).toEqual([Math.floor(0.4 * small), middle, large]);
    expect(await available(1_500_000)).toEqual([Math.floor(0.4 * small), Math.floor(0.4 * middle), large]);
    expect(await available(9_000_000)).toEqual(good);
  });

  it("is not one of which a thumbnail has shown little", async () => {
    await camera();
    const good = await rates();
    session.setLayersWanted("producer1", 1);
    await available(500_000);
    session.setLayersWanted("producer1", 3);
    expect(await rates()).toEqual(good);
  });
});

describe("TURN servers", () => {
  it("are those of the ticket, and fresh ones after an ICE restart, also for what is made later", async () => {
    session.transportFailed({ transportId: "recv", reason: "ice" });
    await settled();
    await microphone();
    expect(relays).toEqual([
      ["recv", "first"],
      ["recv", "second"],
      ["send", "second"],
    ]);
  });
});

describe("layers that nobody receives", () => {
  it("are not sent, and are again as soon as they are wanted", async () => {
    await camera();
    expect(await active()).toEqual([true, true, true]);
    session.setLayersWanted("producer1", 1);
    expect(await active()).toEqual([true, false, false]);
    session.setLayersWanted("producer1", 0);
    session.setLayersWanted("producer1", 3);
    session.setLayersWanted("producer1", 2);
    expect(await active()).toEqual([true, true, false]);
    session.setLayersWanted("producer1", 3);
    expect(await active()).toEqual([true, true, true]);
  });

  it("are no business of another video", async () => {
    await camera();
    session.setLayersWanted("elsewhere", 0);
    expect(await active()).toEqual([true, true, true]);
  });

  it("stay off whatever the limit is, and a layer that the limit forbids stays off though it is wanted", async () => {
    await camera();
    session.setLayersWanted("producer1", 2);
    session.setMaxBitrate(100_000);
    expect(await active()).toEqual([true, false, false]);
    session.setLayersWanted("producer1", 3);
    expect(await active()).toEqual([true, false, false]);
    session.setMaxBitrate(0);
    expect(await active()).toEqual([true, true, true]);
    session.setLayersWanted("producer1", 0);
    session.setMaxBitrate(100_000);
    expect(await active()).toEqual([false, false, false]);
  });

  it("or with less than all they take, are sent with that until they are of use again", async () => {
    await camera();
    const rates = async () => {
      await active();
      return senders[0]?.map(({ maxBitrate }) => maxBitrate);
    };
    const good = await rates();
    session.setLayersWanted("producer1", 3, [0, 300_000, 0]);
    expect(await rates()).toEqual([good?.[0], 300_000, good?.[2]]);
    session.setLayersWanted("producer1", 3);
    expect(await rates()).toEqual(good);
  });

  it("leave their share of a limit to other videos", async () => {
    await camera();
    await session.produce("screen", asTrack(new FakeTrack("video", "s")), "video/VP8");
    session.setMaxBitrate(1_000_000);
    await active();
    const before = senders[1]?.reduce(
      (sum, { maxBitrate = 0, active }) => sum + (active ? maxBitrate : 0),
      0,
    );
    session.setLayersWanted("producer1", 1);
    await active();
    const after = senders[1]?.reduce((sum, { maxBitrate = 0, active }) => sum + (active ? maxBitrate : 0), 0);
    expect(after).toBeGreaterThan(before ?? 0);
  });
});
