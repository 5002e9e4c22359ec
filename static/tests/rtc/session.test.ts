import { beforeEach, describe, expect, it } from "vitest";
import { type Device, Session } from "../../src/rtc/session";
import { SignalClient } from "../../src/signal/client";
import { ConnectionLost } from "../../src/signal/failures";
import { FakeClock } from "../fakes/clock";
import { FakeNode, fakeDevice } from "../fakes/node";
import { asTrack, FakeTrack } from "../fakes/tracks";

let node: FakeNode;
let made: string[];
let session: Session;

beforeEach(async () => {
  node = new FakeNode();
  made = [];
  const clock = new FakeClock();
  const client = new SignalClient("ws://node", node.open, clock);
  await client.hello;
  const device = await fakeDevice();
  const watched: Device = {
    handlerName: device.handlerName,
    recvRtpCapabilities: device.recvRtpCapabilities,
    sendRtpCapabilities: device.sendRtpCapabilities,
    createSendTransport: (options) => {
      made.push(options.id);
      return device.createSendTransport(options);
    },
    createRecvTransport: (options) => {
      made.push(options.id);
      return device.createRecvTransport(options);
    },
  };
  const ignore = () => {};
  session = new Session(watched, node.joined("Ada"), client, clock, {
    onTrack: ignore,
    onDead: ignore,
    onUnreachable: ignore,
  });
});

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
