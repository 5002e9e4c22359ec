import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeviceAccess } from "../../src/rtc/devices";
import type { Boot } from "../../src/store/boot";
import type { Environment } from "../../src/store/environment";
import { createMeeting } from "../../src/store/meeting";
import { Unsupported } from "../../src/store/reconnect";
import type { Meeting, MeetingState } from "../../src/store/types";
import { BOOT } from "../fakes/boot";
import { FakeClock, settled } from "../fakes/clock";
import { domError, FakeMediaDevices } from "../fakes/mediaDevices";
import { FakeNode, fakeDevice, peerInfo, type ToldSenders } from "../fakes/node";
import { fakeStream } from "../fakes/tracks";

let node: FakeNode;
let clock: FakeClock;
let media: FakeMediaDevices;
let page: { hide: () => void; online: () => void; hidden: boolean; visibility: () => void };
let senders: ToldSenders;
let ticketRequests: string[];
let ticketAnswer: () => Response;
let environment: Environment;
let meeting: Meeting;

beforeEach(() => {
  node = new FakeNode();
  clock = new FakeClock();
  media = new FakeMediaDevices();
  page = { hide: () => {}, online: () => {}, hidden: false, visibility: () => {} };
  senders = [];
  ticketRequests = [];
  ticketAnswer = () => Response.json({ ticket: "new ticket", peerId: "me", nodeUrl: "ws://node" });
  environment = {
    clock,
    random: () => 1,
    openSocket: node.open,
    fetch: async (_url, init) => {
      ticketRequests.push(JSON.parse(String(init?.body)).query);
      return ticketAnswer();
    },
    loadDevice: () => fakeDevice(senders),
    devices: new DeviceAccess(media, () => {
      throw domError("SecurityError");
    }),
    newStream: (track) => fakeStream([track]),
    search: "?roomId=room",
    onPageHide: (listener) => {
      page.hide = listener;
    },
    onOnline: (listener) => {
      page.online = listener;
    },
    hidden: () => page.hidden,
    onVisibility: (listener) => {
      page.visibility = listener;
    },
  };
});

afterEach(async () => {
  const leaving = meeting.leave();
  await clock.advance(1000);
  await leaving;
});

const state = (): MeetingState => meeting.state.value;

/** Open the page; `joined` also enters. */
async function open(boot: Partial<Boot> = {}): Promise<void> {
  meeting = createMeeting({ ...BOOT, ...boot }, environment);
  await settled();
}

async function joined(): Promise<void> {
  await open();
  await meeting.join("Ada");
  await settled();
}

describe("the welcome screen", () => {
  it("connects already, so that joining is one request", async () => {
    await open();
    expect(state().phase).toBe("welcome");
    expect(node.sockets.map(({ url }) => url)).toEqual(["ws://node"]);
    await meeting.join("Ada");
    expect(state().phase).toBe("joined");
    expect(node.socket.methods).toEqual(["join"]);
    expect(node.socket.requestsOf("join")[0]?.data).toMatchObject({
      ticket: "first ticket",
      displayName: "Ada",
    });
    expect([node.sockets.length, ticketRequests.length]).toEqual([1, 0]);
  });

  it("previews devices, and takes them along", async () => {
    await open();
    await meeting.setMic(true);
    await meeting.setCamera(true);
    expect([state().local.mic.status, state().local.camera.stream?.getTracks().length]).toEqual(["on", 1]);
    await meeting.join("Ada");
    await settled();
    const produced = node.socket.requestsOf("produce").map(({ data }) => data.source);
    expect(produced).toEqual(["mic", "camera"]);
    expect(media.tracks).toHaveLength(2);
  });

  it("gives up nothing when the server was not there yet", async () => {
    node.up = false;
    await open();
    node.up = true;
    await meeting.join("Ada");
    expect(state().phase).toBe("joined");
  });

  it("keeps a name that came with the link", async () => {
    await open({ displayName: "Grace", nameFixed: true });
    await meeting.join("Somebody else");
    expect(state().me.displayName).toBe("Grace");
    expect(node.socket.requestsOf("join")[0]?.data.displayName).toBe("Grace");
  });

  it("explains what is wrong with a device where it is shown", async () => {
    media.failures.push(domError("NotAllowedError"));
    await open();
    await meeting.setCamera(true);
    expect(state().local.camera).toEqual({ status: "off", stream: null, error: "denied" });
    expect(state().notices).toEqual([]);
  });
});

describe("a ticket", () => {
  it("that is eight minutes old is replaced before it is used", async () => {
    await open();
    node.socket.onRequest = null; // the server forgot us meanwhile: pings stay unanswered
    await clock.advance(8 * 60_000);
    await meeting.join("Ada");
    expect(ticketRequests).toEqual(["?roomId=room&peerId=me"]);
    expect(node.socket.requestsOf("join")[0]?.data.ticket).toBe("new ticket");
  });

  it("that is refused is replaced, on the same connection", async () => {
    node.refusals.push("ticketExpired");
    await open();
    const joining = meeting.join("Ada");
    await clock.advance(1000);
    await joining;
    expect(state().phase).toBe("joined");
    expect(node.sockets).toHaveLength(1);
    expect(node.socket.requestsOf("join").map(({ data }) => data.ticket)).toEqual([
      "first ticket",
      "new ticket",
    ]);
  });

  it("for another node leads there", async () => {
    ticketAnswer = () => Response.json({ ticket: "t", peerId: "me", nodeUrl: "ws://other" });
    node.refusals.push("wrongNode");
    await open();
    const joining = meeting.join("Ada");
    await clock.advance(1000);
    await joining;
    expect(node.sockets.map(({ url, closed }) => [url, closed])).toEqual([
      ["ws://node", true],
      ["ws://other", false],
    ]);
  });
});

describe("entering", () => {
  it.each([
    ["notAllowed", () => node.refusals.push("notAllowed")],
    [
      "unsupported",
      () => {
        environment.loadDevice = async () => {
          throw new Unsupported("This browser can't.");
        };
      },
    ],
    [
      "roomClosed",
      () => {
        node.refusals.push("ticketInvalid");
        ticketAnswer = () =>
          Response.json({ error: { code: "roomClosed", message: "No." } }, { status: 403 });
      },
    ],
  ])("ends with %s, and the devices go off", async (code, arrange) => {
    arrange();
    await open();
    await meeting.setCamera(true);
    const joining = meeting.join("Ada");
    await clock.advance(1000);
    await joining;
    expect([state().phase, state().closed?.code, media.live]).toEqual(["closed", code, []]);
  });

  it("is given up after 20 seconds without a server", async () => {
    node.up = false;
    await open();
    const joining = meeting.join("Ada");
    await clock.advance(15_000);
    expect(state().phase).toBe("joining");
    await clock.advance(10_000);
    await joining;
    expect(state()).toMatchObject({ phase: "closed", closed: { code: "connectionLost" } });
  });

  it("can be thought better of", async () => {
    node.mute.add("join");
    await open();
    const joining = meeting.join("Ada");
    await settled();
    await meeting.leave();
    const { id } = node.socket.requestsOf("join")[0] ?? { id: 0 };
    node.socket.answer(id, node.joined("Ada"));
    await joining;
    await settled();
    expect(state().phase).toBe("left");
    expect([node.socket.methods.at(-1), node.socket.closed]).toEqual(["leave", true]);
  });
});

describe("receiving", () => {
  async function withPeer(source: "mic" | "camera") {
    await joined();
    const created = node.consumerOf("p", source);
    const producer = { id: created.producerId, kind: created.kind, source, paused: false };
    node.notify("peerJoined", { peer: peerInfo("p") });
    node.notify("producerAdded", { peerId: "p", producer });
    node.notify("consumerCreated", created);
    return created;
  }

  it("makes a stream of a consumer, then asks for its packets", async () => {
    const { consumerId } = await withPeer("camera");
    expect(state().peers[0]?.tracks.camera?.stream).toBeNull();
    await settled();
    expect(state().peers[0]?.tracks.camera?.stream?.getVideoTracks()).toHaveLength(1);
    expect(node.socket.methods.slice(-3)).toEqual([
      "connectTransport",
      "setPreferredLayers",
      "resumeConsumer",
    ]);
    expect(node.socket.requests.at(-1)?.data).toEqual({ consumerId });
  });

  it("does not show a consumer that was closed while it was being made", async () => {
    const { consumerId, producerId } = await withPeer("mic");
    node.notify("producerRemoved", { peerId: "p", producerId });
    node.notify("consumerClosed", { consumerId });
    await settled();
    expect(state().peers[0]?.tracks).toEqual({});
    expect(node.socket.requestsOf("resumeConsumer")).toEqual([]);
  });

  it("asks for what the page shows", async () => {
    const { consumerId } = await withPeer("camera");
    await settled();
    meeting.show("p", "camera", { width: 100, height: 56 });
    await clock.advance(200);
    expect(node.socket.requests.at(-1)).toMatchObject({
      method: "setPreferredLayers",
      data: { consumerId, layers: { spatialLayer: 0 } },
    });
  });
});

describe("sending", () => {
  it("tells the server of a muted microphone and keeps capturing; a camera stops", async () => {
    await joined();
    await meeting.setMic(true);
    await meeting.setCamera(true);
    await meeting.setMic(false);
    await meeting.setCamera(false);
    expect(node.socket.methods.slice(-2)).toEqual(["pauseProducer", "pauseProducer"]);
    expect(media.live).toEqual(["audio"]);
    expect(state().local.mic).toEqual({ status: "off", stream: null, error: null });
  });

  it("gives all producers one CNAME", async () => {
    await joined();
    await meeting.setMic(true);
    await meeting.setCamera(true);
    const names = node.socket
      .requestsOf("produce")
      .map(({ data }) => (data.rtpParameters as { rtcp: { cname: string } }).rtcp.cname);
    expect(names).toEqual(["send", "send"]);
  });

  it("follows the room's codec", async () => {
    await joined();
    await meeting.setCamera(true);
    node.notify("videoCodecChanged", { mimeType: "video/VP9" });
    await settled();
    await settled();
    const codecs = node.socket
      .requestsOf("produce")
      .map(({ data }) => (data.rtpParameters as { codecs: { mimeType: string }[] }).codecs[0]?.mimeType);
    expect(codecs).toEqual(["video/VP8", "video/VP9"]);
    expect(node.socket.requestsOf("closeProducer")).toHaveLength(1);
  });

  it("shares a screen with its sound, and ends both together", async () => {
    await joined();
    await meeting.setScreen(true);
    await settled();
    expect(node.socket.requestsOf("produce").map(({ data }) => data.source)).toEqual([
      "screen",
      "screenAudio",
    ]);
    await meeting.setScreen(false);
    await settled();
    expect(media.live).toEqual([]);
    expect(node.socket.requestsOf("closeProducer")).toHaveLength(2);
  });

  it("says nothing when the choice of screens is closed, but tells of a real failure", async () => {
    await joined();
    media.failures.push(domError("NotAllowedError", "Permission denied"));
    await meeting.setScreen(true);
    expect([state().local.screen.error, state().notices]).toEqual([null, []]);
    media.failures.push(domError("NotReadableError"));
    await meeting.setScreen(true);
    expect(state().local.screen.error).toBe("busy");
    expect(state().notices.map(({ key }) => key)).toEqual(["notice.screenFailed"]);
    await clock.advance(10_000);
    expect(state().notices).toEqual([]);
  });
});

describe("a lost connection", () => {
  it("is replaced: new ticket, same peer, same sources", async () => {
    await joined();
    await meeting.setMic(true);
    await meeting.setCamera(true);
    await meeting.setCamera(false);
    node.socket.drop();
    await settled();
    expect(state().phase).toBe("reconnecting");
    await clock.advance(300);
    await settled();
    expect([state().phase, node.sockets.length]).toEqual(["joined", 2]);
    expect(ticketRequests).toEqual(["?roomId=room&peerId=me"]);
    expect(node.socket.requestsOf("join")[0]?.data).toMatchObject({
      ticket: "new ticket",
      displayName: "Ada",
    });
    expect(node.socket.requestsOf("produce").map(({ data }) => data.source)).toEqual(["mic"]);
    expect(media.live).toEqual(["audio"]);
  });

  it("does not stop the switches: what is turned meanwhile holds afterwards", async () => {
    await joined();
    await meeting.setMic(true);
    node.socket.drop();
    await settled();
    await meeting.setMic(false);
    await meeting.setCamera(true);
    await clock.advance(300);
    await settled();
    expect(node.socket.requestsOf("produce").map(({ data }) => data.source)).toEqual(["camera"]);
  });

  it("is tried at once when the network is back", async () => {
    await joined();
    node.up = false;
    node.socket.drop();
    await clock.advance(8_000);
    node.up = true;
    expect(state().phase).toBe("reconnecting");
    page.online();
    await settled();
    await settled();
    expect(state().phase).toBe("joined");
  });

  it("is tried for two minutes", async () => {
    await joined();
    node.up = false;
    ticketAnswer = () => new Response("", { status: 503 });
    node.socket.drop();
    await clock.advance(119_000);
    expect(state().phase).toBe("reconnecting");
    await clock.advance(10_000);
    expect(state()).toMatchObject({ phase: "closed", closed: { code: "connectionLost" } });
    expect(ticketRequests.length).toBeGreaterThan(10);
  });

  it("needs no new ticket if only the node can be reached", async () => {
    await joined();
    ticketAnswer = () => new Response("", { status: 503 });
    node.socket.drop();
    await clock.advance(2000);
    await settled();
    expect(state().phase).toBe("joined");
    expect(node.socket.requestsOf("join")[0]?.data.ticket).toBe("first ticket");
  });

  it("by somebody who took our place is final", async () => {
    await joined();
    node.notify("closing", { code: "peerReplaced", message: "Someone joined into the room with your ID" });
    node.socket.drop(4409);
    await clock.advance(60_000);
    expect(state()).toMatchObject({ phase: "closed", closed: { code: "peerReplaced" } });
    expect(node.sockets).toHaveLength(1);
  });

  it("by a server that restarts is not", async () => {
    await joined();
    node.notify("closing", { code: "serverClosing", message: "The server is restarting." });
    node.socket.drop(1001);
    await clock.advance(1000);
    await settled();
    expect(state().phase).toBe("joined");
  });

  it("of media alone begins anew too", async () => {
    await joined();
    node.notify("transportFailed", { transportId: "send", reason: "dtls" });
    await clock.advance(1000);
    await settled();
    expect([state().phase, node.sockets.length]).toEqual(["joined", 2]);
  });

  it("of one path is repaired on the same connection", async () => {
    await joined();
    node.notify("transportFailed", { transportId: "recv", reason: "ice" });
    await settled();
    expect(node.socket.requests.at(-1)).toMatchObject({
      method: "restartIce",
      data: { transportId: "recv" },
    });
    expect(node.sockets).toHaveLength(1);
  });
});

describe("leaving", () => {
  it("says so, stops all devices, and can be undone with what was on", async () => {
    await joined();
    await meeting.setMic(true);
    await meeting.setCamera(true);
    await meeting.setScreen(true);
    await meeting.leave();
    await settled();
    expect([state().phase, media.live, node.socket.methods.at(-1)]).toEqual(["left", [], "leave"]);
    await meeting.setCamera(false); // decided on the way out
    await meeting.join("Ada");
    await settled();
    await settled();
    expect(state().phase).toBe("joined");
    expect(node.socket.requestsOf("produce").map(({ data }) => data.source)).toEqual(["mic"]);
  });

  it("does not wait for a server that is not there", async () => {
    await joined();
    node.mute.add("leave");
    const leaving = meeting.leave();
    await clock.advance(1000);
    await leaving;
    expect([state().phase, node.socket.closed]).toEqual(["left", true]);
  });

  it("happens with the page", async () => {
    await joined();
    node.mute.add("leave");
    page.hide();
    expect(node.socket.methods.at(-1)).toBe("leave");
  });
});

describe("my name", () => {
  it("is the server's business inside", async () => {
    await joined();
    const change = meeting.setDisplayName("  Ada L.  ");
    expect(node.socket.requests.at(-1)).toMatchObject({ data: { displayName: "Ada L." } });
    node.notify("peerRenamed", { peerId: "me", displayName: "Ada L." });
    await change;
    expect(state().me.displayName).toBe("Ada L.");
  });

  it("goes along to the next entry while there is no connection", async () => {
    await joined();
    node.socket.drop();
    await settled();
    await meeting.setDisplayName("Countess");
    await clock.advance(300);
    await settled();
    expect(node.socket.requestsOf("join")[0]?.data.displayName).toBe("Countess");
  });
});
