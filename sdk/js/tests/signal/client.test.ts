import { describe, expect, it } from "vitest";
import {
  HELLO_TIMEOUT_MS,
  MAX_DOUBT_MS,
  MIN_DOUBT_MS,
  PING_INTERVAL_MS,
  REQUEST_TIMEOUT_MS,
  SignalClient,
} from "../../src/signal/client";
import { ConnectionLost, NoAnswer, RequestRefused } from "../../src/signal/failures";
import { SUBPROTOCOL } from "../../src/wire/protocol";
import { FakeClock, settled } from "../fakes/clock";
import { FakeSocket } from "../fakes/socket";

function connect(greeted = true) {
  const clock = new FakeClock();
  let socket = new FakeSocket("", "");
  const client = new SignalClient(
    "ws://node/ws/",
    (url, subprotocol) => {
      socket = new FakeSocket(url, subprotocol);
      return socket;
    },
    clock,
  );
  if (greeted) {
    socket.greet({ codecs: [] });
  }
  return { client, clock, socket };
}

describe("a connection", () => {
  it("opens the node's address with our subprotocol", () => {
    const { socket } = connect(false);
    expect([socket.url, socket.subprotocol]).toEqual(["ws://node/ws/", SUBPROTOCOL]);
  });

  it("takes nothing any more once the server has begun to close it", async () => {
    const { client, socket } = connect();
    const before = socket.requests.length;
    socket.readyState = 2;
    expect(client.usable).toBe(false);
    client.doubt();
    await expect(client.request("ping", {})).rejects.toBeInstanceOf(ConnectionLost);
    expect(socket.requests).toHaveLength(before);
  });

  it("is usable from the greeting on", async () => {
    const { client, socket } = connect(false);
    expect(client.usable).toBe(false);
    await expect(client.request("ping", {})).rejects.toBeInstanceOf(ConnectionLost);
    socket.greet({ codecs: [] });
    expect(client.usable).toBe(true);
    expect((await client.hello).routerRtpCapabilities).toEqual({ codecs: [] });
  });

  it("ends when the greeting does not come", async () => {
    const { client, clock, socket } = connect(false);
    await clock.advance(HELLO_TIMEOUT_MS);
    await expect(client.hello).rejects.toBeInstanceOf(ConnectionLost);
    expect(await client.closed).toMatchObject({ by: "silence" });
    expect(socket.closed).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  it("ends when the address is none", async () => {
    const open = () => {
      throw new SyntaxError("bad address");
    };
    const client = new SignalClient("nonsense", open, new FakeClock());
    await expect(client.hello).rejects.toBeInstanceOf(ConnectionLost);
    expect(await client.closed).toMatchObject({ code: 1006 });
  });

  it("tells the close code and what the server said before", async () => {
    const { client, socket } = connect();
    socket.notify("closing", { code: "peerReplaced", message: "Again." });
    socket.drop(4409, "Again.");
    expect(await client.closed).toEqual({
      code: 4409,
      reason: "Again.",
      by: "server",
      closing: { code: "peerReplaced", message: "Again." },
    });
  });

  it("can be closed by us, once", async () => {
    const { client, clock, socket } = connect();
    client.close();
    client.close();
    expect(await client.closed).toMatchObject({ code: 1000, by: "us", closing: null });
    expect(socket.closed).toBe(true);
    expect(clock.waiting).toBe(0);
  });
});

describe("a request", () => {
  it("gets the answer with its id, whatever the order", async () => {
    const { client, socket } = connect();
    const first = client.request("produceData", { sctpStreamParameters: {} as never });
    const second = client.request("restartIce", { transportId: "t" });
    const [a, b] = socket.requests.slice(-2);
    expect(b).toMatchObject({ method: "restartIce", data: { transportId: "t" } });
    socket.answer(b?.id ?? 0, { iceParameters: 2 });
    socket.answer(a?.id ?? 0, { dataProducerId: "1" });
    expect(await first).toEqual({ dataProducerId: "1" });
    expect(await second).toEqual({ iceParameters: 2 });
  });

  it("is rejected with the server's code, sentence and data", async () => {
    const { client, socket } = connect();
    const request = client.request("setDisplayName", { displayName: "x" });
    socket.refuse(socket.requests.at(-1)?.id ?? 0, "nameFixed", "Fixed.");
    const error = await request.catch((reason) => reason);
    expect(error).toBeInstanceOf(RequestRefused);
    expect(error).toMatchObject({ code: "nameFixed", message: "Fixed.", data: { why: 1 } });
  });

  it("runs out of time, and a late answer does no harm", async () => {
    const { client, clock, socket } = connect();
    const request = client.request("restartIce", { transportId: "t" });
    const { id } = socket.requests.at(-1) ?? { id: 0 };
    const failed = expect(request).rejects.toBeInstanceOf(NoAnswer);
    for (let passed = 0; passed < REQUEST_TIMEOUT_MS; passed += 1000) {
      await clock.advance(1000);
      socket.answer(socket.requestsOf("ping").at(-1)?.id ?? 0);
    }
    await failed;
    socket.answer(id, {});
    expect(client.usable).toBe(true);
  });

  it("is rejected when the connection ends", async () => {
    const { client, socket } = connect();
    const request = client.request("restartIce", { transportId: "t" });
    socket.drop();
    await expect(request).rejects.toBeInstanceOf(ConnectionLost);
  });
});

describe("notifications", () => {
  it("reach those who asked for them, all of them first", () => {
    const { client, socket } = connect();
    const heard: string[] = [];
    const stop = client.on("peerLeft", ({ peerId }) => heard.push(`left ${peerId}`));
    client.onEvery(({ event }) => heard.push(event));
    socket.notify("peerLeft", { peerId: "a", reason: "left" });
    socket.notify("videoCodecChanged", { mimeType: "video/VP9" });
    stop();
    socket.notify("peerLeft", { peerId: "b", reason: "left" });
    expect(heard).toEqual(["peerLeft", "left a", "videoCodecChanged", "peerLeft"]);
  });

  it("may come as several in one frame, in order", () => {
    const { client, socket } = connect();
    const heard: string[] = [];
    client.onEvery(({ event }) => heard.push(event));
    const events = [
      { event: "peerLeft", data: { peerId: "a", reason: "left" } },
      { event: "videoCodecChanged", data: { mimeType: "video/VP9" } },
    ];
    socket.deliver(JSON.stringify({ events }));
    expect(heard).toEqual(["peerLeft", "videoCodecChanged"]);
  });

  it.each(["", "{", "null", "[]", "7", '{"id":"x"}', '{"id":99,"ok":true}'])(
    "survive the frame %j",
    (frame) => {
      const { client, socket } = connect();
      socket.deliver(frame);
      expect(client.usable).toBe(true);
    },
  );
});

describe("a dead line", () => {
  it("is noticed within eight seconds of the last sign of life", async () => {
    const { client, clock, socket } = connect(false);
    socket.onRequest = ({ id }) => socket.answer(id);
    socket.greet();
    await clock.advance(5 * PING_INTERVAL_MS); // the last ping has just been answered
    socket.onRequest = null;
    let ended = false;
    void client.closed.then(() => {
      ended = true;
    });
    await clock.advance(8_000 - 1);
    expect(ended).toBe(false);
    expect(client.usable).toBe(true);
    await clock.advance(1);
    expect(ended).toBe(true);
    expect(await client.closed).toMatchObject({ by: "silence", code: 1006 });
    expect(socket.closed).toBe(true);
  });

  it("is not declared while anything at all is heard", async () => {
    const { client, clock, socket } = connect();
    for (let i = 0; i < 20; i++) {
      await clock.advance(PING_INTERVAL_MS - 100);
      socket.notify("videoCodecChanged", { mimeType: "video/VP8" }); // never an answer to a ping
    }
    await settled();
    expect(client.usable).toBe(true);
    expect(socket.requestsOf("ping").length).toBeGreaterThan(15);
  });
});

describe("a line in doubt", () => {
  const pings = (socket: FakeSocket) => socket.requestsOf("ping");
  const answerAll = (socket: FakeSocket) => {
    socket.onRequest = ({ id }) => socket.answer(id);
  };
  const hearing = (client: SignalClient) => {
    const heard = { quiet: 0 };
    client.onQuiet(() => {
      heard.quiet += 1;
    });
    return heard;
  };

  it("is asked at once, and said to be quiet without a sign soon after", async () => {
    const { client, clock, socket } = connect();
    const heard = hearing(client);
    socket.answer(pings(socket)[0]?.id ?? 0);
    await clock.advance(1000);
    client.doubt();
    client.doubt(); // once is enough
    expect(pings(socket)).toHaveLength(2);
    await clock.advance(MIN_DOUBT_MS - 1);
    expect(heard.quiet).toBe(0);
    await clock.advance(1);
    expect([heard.quiet, client.usable]).toEqual([1, true]);
    client.giveUpQuiet();
    expect(await client.closed).toMatchObject({ by: "silence" });
    expect(clock.waiting).toBe(0);
  });

  it("ends as any silent one where nobody gives it up before", async () => {
    const { client, clock, socket } = connect();
    socket.answer(pings(socket)[0]?.id ?? 0);
    await clock.advance(1000);
    client.doubt();
    await clock.advance(PING_INTERVAL_MS - 1);
    expect(client.usable).toBe(true);
    await clock.advance(1);
    expect(await client.closed).toMatchObject({ by: "silence" });
  });

  it("is good again with the first sign", async () => {
    const { client, clock, socket } = connect();
    const heard = hearing(client);
    client.doubt();
    await clock.advance(MAX_DOUBT_MS);
    expect(heard.quiet).toBe(1);
    socket.answer(pings(socket)[1]?.id ?? 0);
    client.giveUpQuiet();
    expect(client.usable).toBe(true);
  });

  it("goes on where something comes, and may be doubted again", async () => {
    const { client, clock, socket } = connect();
    const heard = hearing(client);
    answerAll(socket);
    for (let time = 0; time < 5; time++) {
      client.doubt();
      await clock.advance(PING_INTERVAL_MS);
    }
    expect([client.usable, heard.quiet]).toEqual([true, 0]);
    expect(pings(socket)).toHaveLength(1 + 5 * 2);
    client.close();
    expect(clock.waiting).toBe(0);
  });

  it("has more time where round trips are long", async () => {
    const { client, clock, socket } = connect(false);
    const heard = hearing(client);
    await clock.advance(600);
    socket.greet({ codecs: [] });
    socket.answer(pings(socket)[0]?.id ?? 0);
    client.doubt();
    await clock.advance(MAX_DOUBT_MS - 1);
    expect(heard.quiet).toBe(0);
    await clock.advance(1);
    expect(heard.quiet).toBe(1);
  });

  it("is what a machine has that slept: its timers run late", async () => {
    const { client, clock, socket } = connect();
    const heard = hearing(client);
    socket.answer(pings(socket)[0]?.id ?? 0);
    await clock.advance(1000);
    clock.sleep(10 * 60_000);
    await clock.advance(0);
    expect(pings(socket)).toHaveLength(2);
    await clock.advance(MIN_DOUBT_MS);
    expect(heard.quiet).toBe(1);
  });

  it("is nothing before the greeting or after the end", () => {
    const { client, socket } = connect(false);
    client.doubt();
    socket.greet({ codecs: [] });
    client.close();
    client.doubt();
    expect(pings(socket)).toHaveLength(1);
  });
});
