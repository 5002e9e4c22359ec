import { GOES_ON_MS, STARVED_MS } from "meet-client/room/deviceWatch";
import { AWAITED_MS } from "meet-client/room/listening";
import { GLANCE_MS } from "meet-client/room/presence";
import { Unsupported } from "meet-client/room/reconnect";
import { DeviceAccess } from "meet-client/rtc/devices";
import { ConnectionLost } from "meet-client/signal/failures";
import type { Permissions } from "meet-client/signal/shapes";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeClock, settled } from "../../../sdk/js/tests/fakes/clock";
import { domError, FakeMediaDevices } from "../../../sdk/js/tests/fakes/mediaDevices";
import {
  FakeNode,
  fakeDevice,
  meInfo,
  peerInfo,
  type ToldSenders,
  viewerInfo,
} from "../../../sdk/js/tests/fakes/node";
import { fakeStream } from "../../../sdk/js/tests/fakes/tracks";
import type { Environment } from "../../src/store/environment";
import { createMeeting } from "../../src/store/meeting";
import type { Meeting, MeetingState, RoomEvents } from "../../src/store/types";
import type { Boot } from "../../src/wire/boot";
import { BOOT } from "../fakes/boot";

let node: FakeNode;
let clock: FakeClock;
let media: FakeMediaDevices;
let page: { hide: () => void; online: () => void; hidden: boolean; visibility: () => void };
let senders: ToldSenders;
let ticketRequests: string[];
let ticketAnswer: () => Response;
let stored: { tab: Map<string, string>; browser: Map<string, string> };
let environment: Environment;
let meeting: Meeting;

beforeEach(() => {
  node = new FakeNode();
  clock = new FakeClock();
  media = new FakeMediaDevices();
  const listeners = new Set<() => void>();
  page = {
    hide: () => {},
    online: () => [...listeners].forEach((listener) => void listener()),
    hidden: false,
    visibility: () => {},
  };
  senders = [];
  ticketRequests = [];
  ticketAnswer = () =>
    Response.json({ ticket: "new ticket", peerId: "me", identity: "next identity", nodeUrl: "ws://node" });
  stored = { tab: new Map(), browser: new Map() };
  environment = {
    clock,
    random: () => 1,
    openSocket: node.open,
    fetch: async (_url, init) => {
      const { query, identity } = JSON.parse(String(init?.body));
      ticketRequests.push(`${query} for ${identity}`);
      return ticketAnswer();
    },
    loadDevice: () => fakeDevice(senders),
    devices: new DeviceAccess(media, () => {
      throw domError("SecurityError");
    }),
    newStream: (track) => fakeStream([track]),
    identityStorage: { tab: () => storageOf(stored.tab), browser: () => storageOf(stored.browser) },
    search: "?roomId=room",
    onPageHide: (listener) => {
      const before = page.hide;
      page.hide = () => {
        before();
        listener();
      };
      return () => {};
    },
    onNetwork: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hidden: () => page.hidden,
    onVisibility: (listener) => {
      const before = page.visibility;
      page.visibility = () => {
        before();
        listener();
      };
      return () => {};
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

const notices = () => state().notices.map(({ key }) => key);

/** The events of these names, as they are fired from now on. */
function heard(...names: (keyof RoomEvents)[]): string[] {
  const all: string[] = [];
  for (const name of names) {
    meeting.events.on(name, (data) => {
      const { peerId = "", message = "" } = data as unknown as Record<string, string>;
      all.push([name, peerId, message].filter(Boolean).join(" "));
    });
  }
  return all;
}

/** As much of the browser's as is used. */
const storageOf = (values: Map<string, string>) => ({
  getItem: (key: string) => values.get(key) ?? null,
  setItem: (key: string, value: string) => void values.set(key, value),
  removeItem: (key: string) => void values.delete(key),
});

const VIEWER = viewerInfo();
const ON_STAGE = { ...meInfo().permissions };

describe("who this page is", () => {
  const KEPT = "meet.identity.room";
  const REMOVED = "meet.removed.room";

  it("is kept for a reload only while no page is there, so that a duplicated tab is somebody else", async () => {
    await joined();
    expect(stored.tab.size).toBe(0);
    page.hide();
    expect(stored.tab.get(KEPT)).toBe("joined identity");
    page.visibility();
    expect(stored.tab.size).toBe(0);
  });

  it("is nobody to come back as before the first join", async () => {
    await open();
    page.hide();
    expect(stored.tab.size).toBe(0);
  });

  it("is kept over a second reload from the welcome screen", async () => {
    stored.tab.set(KEPT, "kept identity");
    await open();
    expect(stored.tab.size).toBe(0);
    page.hide();
    expect(stored.tab.get(KEPT)).toBe("kept identity");
  });

  it("comes back after a reload with a ticket of its own", async () => {
    stored.tab.set(KEPT, "kept identity");
    await joined();
    expect(ticketRequests).toEqual(["?roomId=room for kept identity"]);
    expect(node.socket.requestsOf("join")[0]?.data.ticket).toBe("new ticket");
  });

  it("is who was removed, until it is in again", async () => {
    await joined();
    node.notify("closing", { code: "kicked", message: "A moderator removed you from this meeting." });
    node.socket.drop(4411, "");
    await settled();
    expect(stored.browser.get(REMOVED)).toBe("joined identity");
    await open();
    await meeting.join("Ada");
    expect(ticketRequests).toEqual(["?roomId=room for joined identity"]);
    expect([state().phase, stored.browser.size]).toEqual(["joined", 0]);
  });

  it("works where storage is off", async () => {
    environment.identityStorage = {
      tab: () => {
        throw domError("SecurityError");
      },
      browser: () => {
        throw domError("SecurityError");
      },
    };
    await joined();
    page.hide();
    expect(state().phase).toBe("joined");
  });
});

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

  it("knows whose room it is, as far as the page was told", async () => {
    await open();
    expect(state()).toMatchObject({ brand: null, contact: "" });
    const brand = { name: "Acme", logoUrl: "/logo.svg" };
    await open({ brand, contact: "help@example.org" });
    expect(state()).toMatchObject({ brand, contact: "help@example.org" });
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
    expect(ticketRequests).toEqual(["?roomId=room for first identity"]);
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
    ticketAnswer = () => Response.json({ ticket: "t", peerId: "me", identity: "n", nodeUrl: "ws://other" });
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

  it("negotiates what is sent already before it sends anything itself", async () => {
    const created = node.consumerOf("p", "camera");
    const producer = { id: created.producerId, kind: created.kind, source: "camera" as const, paused: false };
    node.room = { peers: [{ ...peerInfo("p"), producers: [producer] }] };
    node.consumersAtJoin = [created];
    await open();
    await meeting.setMic(true);
    await meeting.join("Ada");
    await settled();
    expect(state().peers[0]?.tracks.camera?.stream?.getVideoTracks()).toHaveLength(1);
    const { methods } = node.socket;
    expect(methods.indexOf("resumeConsumer")).toBeGreaterThan(methods.indexOf("join"));
    expect(methods.indexOf("produce")).toBeGreaterThan(methods.indexOf("resumeConsumer"));
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

describe("a microphone that stops by itself", () => {
  const keys = () => state().notices.map(({ key }) => key);
  const lose = async () => {
    await joined();
    await meeting.setMic(true);
    Object.assign(media.tracks[0]?.settings ?? {}, { deviceId: "headset" });
  };

  it("is replaced by another one, which is told, and used again when it is back", async () => {
    await lose();
    media.tracks[0]?.end();
    await clock.advance(10);
    expect([media.live, state().local.mic.status, keys()]).toEqual([
      ["audio"],
      "on",
      ["notice.device.mic.replaced"],
    ]);
    media.plug({ deviceId: "headset", kind: "audioinput" });
    await clock.advance(10);
    expect([media.tracks.length, media.live, keys()]).toEqual([3, ["audio"], ["notice.device.mic.back"]]);
    expect(node.socket.methods.filter((method) => method === "produce")).toHaveLength(1);
  });

  it("is off with a remedy where there is no other, and goes on when there is one", async () => {
    await lose();
    media.failures.push(...Array.from({ length: 2 }, () => domError("NotFoundError")));
    media.tracks[0]?.end();
    await clock.advance(10);
    expect([state().local.mic.status, keys()]).toEqual(["off", ["notice.device.mic.gone"]]);
    media.plug({ deviceId: "inbuilt", kind: "audioinput" });
    await clock.advance(10);
    expect([state().local.mic.status, keys()]).toEqual(["on", ["notice.device.mic.back"]]);
  });

  it.each([
    ["NotAllowedError", "notice.device.mic.denied"],
    ["NotReadableError", "notice.device.mic.taken"],
  ])("says what to do about %s", async (name, key) => {
    await lose();
    media.failures.push(...Array.from({ length: 2 }, () => domError(name)));
    media.tracks[0]?.end();
    await clock.advance(10);
    expect([state().local.mic.status, keys()]).toEqual(["off", [key]]);
  });

  it("stays off where somebody turned it off meanwhile", async () => {
    await lose();
    media.failures.push(...Array.from({ length: 2 }, () => domError("NotFoundError")));
    media.tracks[0]?.end();
    await clock.advance(10);
    await meeting.setMic(false);
    media.plug({ deviceId: "headset", kind: "audioinput" });
    await clock.advance(10);
    expect(state().local.mic.status).toBe("off");
  });

  it("that gives nothing for a while is told of until it does", async () => {
    await lose();
    media.tracks[0]?.dispatchEvent(new Event("mute"));
    await clock.advance(1900);
    expect(keys()).toEqual([]);
    await clock.advance(200);
    expect(keys()).toEqual(["notice.device.mic.taken"]);
    media.tracks[0]?.dispatchEvent(new Event("unmute"));
    expect(keys()).toEqual([]);
  });
});

describe("a phone call", () => {
  const keys = () => state().notices.map(({ key }) => key);
  const see = async (hidden: boolean) => {
    page.hidden = hidden;
    page.visibility();
    await clock.advance(GOES_ON_MS + 10);
  };
  const produced = () => node.socket.methods.filter((method) => method === "produce").length;

  it("silences devices that go on by themselves: nothing is captured anew", async () => {
    await joined();
    await meeting.setMic(true);
    await see(true);
    media.tracks[0]?.mute(true);
    await clock.advance(60_000);
    media.tracks[0]?.mute(false);
    await see(false);
    expect([media.tracks.length, media.live, keys()]).toEqual([1, ["audio"], []]);
  });

  it("that leaves them silent has them captured anew, for the producers that there are", async () => {
    await joined();
    await meeting.setMic(true);
    await meeting.setCamera(true);
    await see(true);
    for (const track of media.tracks) track.mute(true);
    await clock.advance(600_000);
    await see(false);
    expect(media.live).toEqual(["audio", "video"]);
    expect(keys()).toEqual(["notice.device.mic.back", "notice.device.camera.back"]);
    expect([media.tracks.length, produced()]).toEqual([4, 2]);
  });

  it("that goes on turns them off with a notice, and they come back with the next look at the page", async () => {
    await joined();
    await meeting.setMic(true);
    await see(true);
    media.tracks[0]?.mute(true);
    media.failures.push(...Array.from({ length: 2 }, () => domError("NotReadableError")));
    await see(false);
    expect([state().local.mic.status, keys()]).toEqual(["off", ["notice.device.mic.taken"]]);
    await see(true);
    await see(false);
    expect([state().local.mic.status, keys()]).toEqual(["on", ["notice.device.mic.back"]]);
  });

  it("that ends their tracks is followed by new ones, however long it took", async () => {
    await joined();
    await meeting.setMic(true);
    await see(true);
    media.failures.push(...Array.from({ length: 2 }, () => domError("NotReadableError")));
    media.tracks[0]?.end();
    await clock.advance(600_000);
    expect([state().local.mic.status, media.live]).toEqual(["off", []]);
    await see(false);
    expect([state().local.mic.status, media.live, keys()]).toEqual([
      "on",
      ["audio"],
      ["notice.device.mic.back"],
    ]);
  });

  it("does not turn on what somebody has turned off meanwhile", async () => {
    await joined();
    await meeting.setMic(true);
    await see(true);
    media.failures.push(...Array.from({ length: 2 }, () => domError("NotReadableError")));
    media.tracks[0]?.end();
    await clock.advance(10);
    await meeting.setMic(false);
    await see(false);
    expect([state().local.mic.status, media.live]).toEqual(["off", []]);
  });

  describe("that takes the microphone while nobody sees the page", () => {
    const taken = async () => {
      await joined();
      await meeting.setMic(true);
      await see(true);
      media.failures.push(...Array.from({ length: 2 }, () => domError("NotReadableError")));
      media.tracks[0]?.end();
      await clock.advance(10);
    };

    it("is over after the meeting: nothing comes on with the next look at the page", async () => {
      await taken();
      node.notify("closing", { code: "meetingEnded", message: "The meeting has ended." });
      node.socket.drop(4412);
      await settled();
      await see(false);
      expect([state().phase, state().local.mic.status, media.live]).toEqual(["closed", "off", []]);
    });

    it("gives nothing back to who has left, neither by a look that was begun nor by a device that comes", async () => {
      await taken();
      page.hidden = false;
      page.visibility();
      void meeting.leave();
      await clock.advance(GOES_ON_MS + 10);
      media.plug({ deviceId: "headset", kind: "audioinput" });
      await clock.advance(10);
      expect([state().phase, state().local.mic.status, media.live]).toEqual(["left", "off", []]);
    });

    it("gives it back to nobody from whom a moderator has taken the right meanwhile", async () => {
      await taken();
      const permissions = meInfo().permissions;
      for (const mic of [false, true]) {
        node.notify("permissionsChanged", { permissions: { ...permissions, mic }, viewer: false });
        await settled();
      }
      await see(false);
      expect([state().local.mic.status, media.live]).toEqual(["off", []]);
    });
  });
});

describe("a microphone that is muted at the device or by the system", () => {
  const keys = () => state().notices.map(({ key }) => key);
  const look = async (hidden: boolean) => {
    page.hidden = hidden;
    page.visibility();
    await clock.advance(GOES_ON_MS + 10);
  };
  const told = () => {
    const all: string[] = [];
    meeting.events.on("deviceNews", ({ news }) => all.push(String(news)));
    return all;
  };

  it("is left alone when one comes back from another tab", async () => {
    await joined();
    await meeting.setMic(true);
    media.tracks[0]?.mute(true);
    await clock.advance(STARVED_MS);
    const news = told();
    for (const hidden of [true, false, true, false]) await look(hidden);
    expect([media.tracks.length, news, keys()]).toEqual([1, [], ["notice.device.mic.taken"]]);
  });

  it("while nobody saw the page is captured anew once, and never said to be back or another one", async () => {
    await joined();
    await meeting.setMic(true);
    await look(true);
    media.tracks[0]?.mute(true);
    media.mutedFromTheBeginning = true;
    const news = told();
    for (const hidden of [false, true, false, true, false]) await look(hidden);
    expect(media.tracks.length).toBe(2);
    expect(news).not.toContain("back");
    expect(news).not.toContain("replaced");
  });

  it("is back when it gives something again; no other one is said to be used", async () => {
    await joined();
    await meeting.setMic(true);
    media.tracks[0]?.mute(true); // a phone rings, and only then its page is hidden
    await look(true);
    await clock.advance(STARVED_MS);
    const news = told();
    await look(false);
    expect([media.tracks.length, media.live]).toEqual([2, ["audio"]]);
    expect(news.filter((one) => one !== "null")).toEqual(["back"]);
  });
});

describe("the other camera", () => {
  const cameras = (...ids: string[]) =>
    media.plug(...ids.map((deviceId) => ({ deviceId, kind: "videoinput" as const })));
  const facing = (index: number, settings: MediaTrackSettings) =>
    Object.assign(media.tracks[index]?.settings ?? {}, settings);

  it("of a phone is the one that looks the other way, after the first has been let go", async () => {
    await joined();
    cameras("front", "wide", "back");
    await meeting.setCamera(true);
    facing(0, { deviceId: "front", facingMode: "user" });
    await expect(meeting.otherCamera()).resolves.toBe(true);
    expect(media.asked.at(-1)?.video).toMatchObject({ facingMode: { exact: "environment" } });
    expect(media.asked.at(-1)?.video).not.toHaveProperty("deviceId");
    expect([media.tracks.length, media.live]).toEqual([2, ["video"]]);
    expect(node.socket.requestsOf("produce")).toHaveLength(1);
    facing(1, { deviceId: "back", facingMode: "environment" });
    await meeting.otherCamera();
    expect(media.asked.at(-1)?.video).toMatchObject({ facingMode: { exact: "user" } });
  });

  it("can be turned to while the camera is off", async () => {
    await joined();
    cameras("front", "back");
    await meeting.setCamera(true);
    facing(0, { deviceId: "front", facingMode: "user" });
    await meeting.otherCamera();
    await meeting.setCamera(false);
    await meeting.otherCamera();
    expect(media.live).toEqual([]);
    await meeting.setCamera(true);
    expect(media.asked.at(-1)?.video).toMatchObject({ facingMode: { exact: "user" } });
  });

  it("is the next one where they don't tell which way they look", async () => {
    await joined();
    cameras("one", "two");
    await meeting.setCamera(true);
    facing(0, { deviceId: "one" });
    await meeting.otherCamera();
    expect(media.asked.at(-1)?.video).toMatchObject({ deviceId: { exact: "two" } });
  });

  it("is not there where there is one", async () => {
    await joined();
    cameras("one");
    await meeting.setCamera(true);
    await expect(meeting.otherCamera()).resolves.toBe(false);
    expect(media.tracks).toHaveLength(1);
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
    expect(ticketRequests).toEqual(["?roomId=room for joined identity"]);
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

  it("is tried soon after the network is back, and not by everybody at the same moment", async () => {
    await joined();
    node.up = false;
    node.socket.drop();
    await clock.advance(8_200); // the next attempt would be some seconds away
    node.up = true;
    page.online();
    await clock.advance(399);
    expect(state().phase).toBe("reconnecting");
    await clock.advance(1);
    await settled();
    expect(state().phase).toBe("joined");
  });

  it("to a node that takes its time to start ends in the meeting, also where it knows the old ticket no more", async () => {
    await joined();
    node.up = false;
    node.socket.drop();
    await clock.advance(20_000);
    node.refusals.push("wrongNode", "ticketInvalid");
    node.up = true;
    await clock.advance(20_000);
    await settled();
    expect(state().phase).toBe("joined");
  });

  it("to a machine that has died leads to another node as soon as web knows", async () => {
    await joined();
    node.dead.add("ws://node");
    node.socket.drop();
    await clock.advance(300);
    ticketAnswer = () => Response.json({ ticket: "t", peerId: "me", identity: "n", nodeUrl: "ws://other" });
    await clock.advance(2_500);
    await settled();
    expect([state().phase, node.socket.url]).toEqual(["joined", "ws://other"]);
    expect(node.socket.requestsOf("join")[0]?.data.ticket).toBe("t");
    await clock.advance(60_000);
    expect(node.sockets.filter(({ url, closed }) => url === "ws://node" && !closed)).toEqual([]);
  });

  it("to a node that has started anew comes with the ticket that it knows, asked for meanwhile", async () => {
    await joined();
    node.dead.add("ws://node");
    node.socket.drop();
    await clock.advance(300);
    ticketAnswer = () =>
      Response.json({ ticket: "of its new life", peerId: "me", identity: "n", nodeUrl: "ws://node" });
    await clock.advance(2_500);
    node.dead.clear();
    await clock.advance(8_000);
    await settled();
    expect(state().phase).toBe("joined");
    expect(node.socket.requestsOf("join").map(({ data }) => data.ticket)).toEqual(["of its new life"]);
  });

  it("to a node that is slow is waited for while web knows no other", async () => {
    await joined();
    node.dead.add("ws://node");
    node.socket.drop();
    await clock.advance(7_000);
    expect(ticketRequests.length).toBeLessThanOrEqual(3);
    node.dead.clear();
    await clock.advance(8_000);
    await settled();
    expect([state().phase, node.socket.url]).toEqual(["joined", "ws://node"]);
  });

  it("is noticed when the network changes: what is quiet gives way to a new one that answers", async () => {
    await joined();
    const old = node.socket;
    old.onRequest = null; // what is sent there gets nowhere
    page.online();
    await clock.advance(1000);
    await settled();
    expect(node.sockets).toHaveLength(2);
    expect(state().phase).toBe("reconnecting");
    await clock.advance(300);
    await settled();
    expect([state().phase, node.sockets.length]).toEqual(["joined", 2]);
  });

  it("is not given up while the server answers nobody", async () => {
    await joined();
    const old = node.socket;
    const answering = old.onRequest;
    old.onRequest = null;
    node.up = false;
    page.online();
    await clock.advance(2000);
    expect(state().phase).toBe("joined");
    old.onRequest = answering;
    old.answer(old.requestsOf("ping").at(-1)?.id ?? 0);
    await clock.advance(30_000);
    expect([state().phase, old.closed]).toEqual(["joined", false]);
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

describe("a room with a closed door", () => {
  beforeEach(() => {
    node.door = true;
  });

  async function knocked(): Promise<void> {
    await open();
    void meeting.join("Ada");
    await settled();
  }

  it("keeps me waiting for as long as it takes", async () => {
    await knocked();
    await clock.advance(60 * 60_000);
    expect([state().phase, node.sockets.length, node.socket.methods]).toEqual(["waiting", 1, ["join"]]);
    node.admit(true);
    await settled();
    await settled();
    expect(state()).toMatchObject({ phase: "joined", me: { displayName: "Ada" } });
  });

  it("lets previews go on, and sends nothing before it is open", async () => {
    await knocked();
    await settled();
    await meeting.setMic(true);
    expect([media.live, node.socket.requestsOf("produce").length]).toEqual([["audio"], 0]);
    node.admit(true);
    await settled();
    await settled();
    expect(node.socket.requestsOf("produce").map(({ data }) => data.source)).toEqual(["mic"]);
  });

  it("may stay closed", async () => {
    await knocked();
    await clock.advance(20_000);
    const errors = heard("connectionError", "join");
    node.admit(false);
    await settled();
    expect(state()).toMatchObject({ phase: "closed", closed: { code: "notAdmitted" } });
    expect(errors).toEqual(["connectionError me The moderator did not let you in."]);
  });

  it("can be turned away from: the knock ends with the connection", async () => {
    await knocked();
    await settled();
    await meeting.leave();
    await settled();
    expect([state().phase, node.socket.closed]).toEqual(["left", true]);
    node.door = false;
    await meeting.join("Ada");
    expect([state().phase, node.sockets.length]).toEqual(["joined", 2]);
  });

  it("is knocked at again after a lost connection, without an end", async () => {
    await knocked();
    await clock.advance(10 * 60_000);
    node.socket.drop();
    await clock.advance(1000);
    expect([state().phase, node.sockets.length]).toEqual(["waiting", 2]);
    expect(node.socket.requestsOf("join")[0]?.data.ticket).toBe("new ticket");
    node.admit(true);
    await settled();
    await settled();
    expect(state().phase).toBe("joined");
  });

  it("is given up when nobody answers behind it for two minutes", async () => {
    await knocked();
    await clock.advance(10 * 60_000);
    node.up = false;
    node.socket.drop();
    await clock.advance(110_000);
    expect(state().phase).toBe("waiting");
    await clock.advance(20_000);
    expect(state()).toMatchObject({ phase: "closed", closed: { code: "connectionLost" } });
  });

  it("is not waited at for a server that does not even say so", async () => {
    node.mute.add("join");
    await open();
    const joining = meeting.join("Ada");
    await clock.advance(60_000);
    await joining;
    expect(state()).toMatchObject({ phase: "closed", closed: { code: "connectionLost" } });
  });
});

describe("a webinar's viewer", () => {
  beforeEach(() => {
    node.me = VIEWER;
  });

  it("is asked for no devices, and needs no way to send", async () => {
    await open({ viewer: true });
    await meeting.setCamera(true);
    await meeting.join("Ada");
    await settled();
    await meeting.setMic(true);
    await meeting.setMic(false); // there is nothing to complain of
    expect([media.asked, notices()]).toEqual([[], ["notice.notAllowed"]]);
    expect(node.socket.methods).toEqual(["join"]);
    expect(state().local.mic).toEqual({ status: "off", stream: null, error: null });
  });

  it("who tried devices out, not knowing, has them turned off", async () => {
    await open();
    await meeting.setCamera(true);
    await meeting.join("Ada");
    await settled();
    expect([media.live, state().local.camera.status, node.socket.methods]).toEqual([[], "off", ["join"]]);
  });

  async function onStage(): Promise<void> {
    await joined();
    node.notify("peerJoined", { peer: peerInfo("me") });
    node.notify("permissionsChanged", { permissions: ON_STAGE, viewer: false });
    await settled();
  }

  it("may speak on stage", async () => {
    await onStage();
    expect(media.asked).toEqual([]); // the light does not go on by itself
    await meeting.setMic(true);
    expect(node.socket.requestsOf("produce").map(({ data }) => data.source)).toEqual(["mic"]);
    expect(state().me.viewer).toBe(false);
  });

  it("is silent again afterwards: all capture ends, and nothing is made of the server's refusals", async () => {
    await onStage();
    await meeting.setMic(true);
    await meeting.setCamera(true);
    await meeting.setScreen(true);
    await settled();
    await meeting.setMic(false); // muted is still captured
    expect(media.live.sort()).toEqual(["audio", "audio", "video", "video"]);
    for (const method of ["closeProducer", "pauseProducer"]) {
      node.forbidden.set(method, "notFound"); // the server has closed them already
    }
    node.notify("peerLeft", { peerId: "me", reason: "viewing" });
    node.notify("permissionsChanged", { permissions: VIEWER.permissions, viewer: true });
    await settled();
    await settled();
    expect([media.live, notices()]).toEqual([[], []]);
    expect(Object.values(state().local).map(({ status }) => status)).toEqual(["off", "off", "off", "off"]);
    expect(state().me).toMatchObject({ viewer: true, permissions: VIEWER.permissions });
    node.forbidden.clear();
    node.notify("permissionsChanged", { permissions: ON_STAGE, viewer: false });
    await settled();
    expect(media.live).toEqual([]);
    await meeting.setMic(true);
    expect(node.socket.requestsOf("produce").at(-1)?.data.source).toBe("mic");
  });
});

describe("an interpreter", () => {
  it("has a voice, and no picture", async () => {
    const permissions = { ...ON_STAGE, camera: false, screen: false };
    node.me = meInfo({ role: "interpreter", permissions });
    await open({ role: "interpreter" });
    await meeting.setCamera(true);
    await meeting.join("Ada");
    await settled();
    await meeting.setMic(true);
    await meeting.setScreen(true);
    expect(media.live).toEqual(["audio"]);
    expect(node.socket.requestsOf("produce").map(({ data }) => data.source)).toEqual(["mic"]);
  });
});

describe("the chat", () => {
  it("is sent without blanks around it, and shown as the server tells it", async () => {
    await joined();
    expect(await meeting.sendChat("  hello \n")).toBe(true);
    expect(node.socket.requests.at(-1)).toMatchObject({ method: "sendChat", data: { text: "hello" } });
    expect(state().chat).toEqual([]);
    const message = { id: 1, peerId: "me", displayName: "Ada", text: "hello", at: 1 };
    node.notify("chatAdded", { message });
    expect(state().chat).toEqual([message]);
  });

  it("does not send nothing", async () => {
    await joined();
    expect(await meeting.sendChat(" \n ")).toBe(false);
    expect(node.socket.requestsOf("sendChat")).toEqual([]);
  });

  it.each([
    ["chatDisabled", "notice.chatDisabled"],
    ["tooManyRequests", "notice.tooManyRequests"],
    ["internalError", "notice.unknown"],
  ])("that is refused (%s) says so", async (code, key) => {
    await joined();
    const errors = heard("connectionError");
    node.forbidden.set("sendChat", code);
    expect(await meeting.sendChat("hello")).toBe(false);
    expect([notices(), errors]).toEqual([[key], ["connectionError me No."]]);
  });

  it("says that there is no connection", async () => {
    await joined();
    node.up = false;
    node.socket.drop();
    await settled();
    await meeting.sendChat("hello");
    expect(notices()).toEqual(["notice.notConnected"]);
  });
});

describe("my hand", () => {
  const raised = (raisedAt: number | null) =>
    node.notify("handChanged", { peerId: "me", displayName: "Ada", viewer: false, raisedAt });

  it("goes up and down as the server says", async () => {
    await joined();
    await meeting.raiseHand(true);
    expect(node.socket.requests.at(-1)).toMatchObject({ method: "raiseHand", data: { raised: true } });
    expect(state().me.handRaisedAt).toBeNull();
    raised(5);
    expect(state().me.handRaisedAt).toBe(5);
    await meeting.raiseHand(false);
    expect(node.socket.requests.at(-1)?.data).toEqual({ raised: false });
  });

  it("that may not go up says so", async () => {
    await joined();
    node.forbidden.set("raiseHand", "handDisabled");
    await meeting.raiseHand(true);
    expect(notices()).toEqual(["notice.handDisabled"]);
  });

  it("is up again after a lost connection, but not after a new entry", async () => {
    await joined();
    raised(5);
    node.socket.drop();
    await clock.advance(1000);
    expect(node.socket.methods).toEqual(["join", "raiseHand"]);
    expect(node.socket.requests.at(-1)?.data).toEqual({ raised: true });
    raised(6);
    await meeting.leave();
    await meeting.join("Ada");
    await settled();
    expect(node.socket.methods).toEqual(["join"]);
  });
});

describe("what a moderator turned off", () => {
  it("is off here too, and comes back on as usual", async () => {
    await joined();
    await meeting.setMic(true);
    await meeting.setCamera(true);
    node.notify("trackStopped", { device: "camera" });
    await settled();
    expect([media.live, notices()]).toEqual([["audio"], ["notice.stopped.camera"]]);
    node.notify("trackStopped", { device: "mic" });
    await settled();
    expect([state().local.mic.status, state().local.camera.status]).toEqual(["off", "off"]);
    expect(notices()).toEqual(["notice.stopped.camera", "notice.stopped.mic"]);
    await meeting.setMic(true);
    expect(node.socket.methods.at(-1)).toBe("resumeProducer");
  });

  it("is over, if it was a shared screen", async () => {
    await joined();
    await meeting.setScreen(true);
    node.forbidden.set("closeProducer", "notFound"); // the server has ended it already
    node.notify("trackStopped", { device: "screen" });
    await settled();
    expect([state().local.screen.status, notices()]).toEqual(["off", ["notice.stopped.screen"]]);
  });

  it("was off already if I was faster", async () => {
    await joined();
    await meeting.setMic(true);
    await meeting.setMic(false);
    node.notify("trackStopped", { device: "mic" });
    await settled();
    expect(notices()).toEqual([]);
  });
});

describe("what a moderator forbids", () => {
  const may = (more: Partial<Permissions>) =>
    node.notify("permissionsChanged", { permissions: { ...ON_STAGE, ...more }, viewer: false });

  it("goes off and stays off, with the reason, until it is allowed again", async () => {
    await joined();
    await meeting.setMic(true);
    node.notify("trackStopped", { device: "mic" });
    may({ mic: false });
    await settled();
    expect([state().local.mic.status, notices()]).toEqual(["off", ["notice.forbidden.mic"]]);
    const errors = heard("connectionError");
    await meeting.setMic(true);
    expect([state().local.mic.status, errors]).toEqual([
      "off",
      ["connectionError me You may not turn this on here."],
    ]);
    expect(notices()).toEqual(["notice.forbidden.mic"]);
    may({ mic: true });
    expect([state().local.mic.status, notices()]).toEqual(["off", ["notice.allowed.mic"]]);
    await meeting.setMic(true);
    expect([state().local.mic.status, notices()]).toEqual(["on", ["notice.allowed.mic"]]);
  });

  it("is told of several things at once", async () => {
    await joined();
    may({ camera: false, screen: false });
    expect(notices()).toEqual(["notice.forbidden.camera", "notice.forbidden.screen"]);
  });

  it("is told to newcomers of what they had on already", async () => {
    await open();
    await meeting.setMic(true);
    node.me = meInfo({ permissions: { ...ON_STAGE, mic: false, camera: false } });
    await meeting.join("Ada");
    await settled();
    expect([state().local.mic.status, notices()]).toEqual(["off", ["notice.forbidden.mic"]]);
  });

  it("is nothing that a bare hand changes", async () => {
    await joined();
    may({ hand: false });
    expect(notices()).toEqual([]);
  });
});

describe("what a moderator asks for", () => {
  const ask = (device: "mic" | "camera" | "screen") =>
    node.notify("askedToTurnOn", { device, displayName: "Mona" });

  it("is mine to decide", async () => {
    await joined();
    ask("mic");
    ask("camera");
    expect(state().asked.map(({ device }) => device)).toEqual(["mic", "camera"]);
    expect(state().local.mic.status).toBe("off");
    await meeting.answer("camera", false);
    await meeting.answer("mic", true);
    expect([state().asked, state().local.mic.status, state().local.camera.status]).toEqual([[], "on", "off"]);
  });

  it("needs no notice that it is allowed now", async () => {
    await joined();
    node.notify("permissionsChanged", { permissions: { ...ON_STAGE, mic: false }, viewer: false });
    node.notify("permissionsChanged", { permissions: ON_STAGE, viewer: false });
    ask("mic");
    expect([notices(), state().asked.length]).toEqual([[], 1]);
  });

  it("is forgotten with the connection", async () => {
    await joined();
    ask("mic");
    node.socket.drop();
    await clock.advance(1000);
    expect([state().phase, state().asked]).toEqual(["joined", []]);
  });
});

describe("being sent away", () => {
  it.each(["kicked", "meetingEnded"])("is the end: %s", async (code) => {
    await joined();
    node.notify("closing", { code, message: "A moderator said so." });
    node.socket.drop(4403);
    await settled();
    expect(state()).toMatchObject({ phase: "closed", closed: { code }, peers: [], kicked: [] });
    expect(node.sockets).toHaveLength(1);
  });

  it.each(["kicked", "meetingEnded", "roomLocked"])("at the door is the end, too: %s", async (code) => {
    await open();
    node.refusals.push(code);
    await meeting.join("Ada");
    expect(state()).toMatchObject({ phase: "closed", closed: { code } });
  });
});

describe("too many active attendees", () => {
  it("leave a device off, with the reason", async () => {
    await joined();
    const errors = heard("connectionError", "errorGetCamera");
    node.forbidden.set("produce", "tooManyBroadcasters");
    await meeting.setCamera(true);
    expect([media.live, notices(), errors]).toEqual([
      [],
      ["notice.tooManyBroadcasters"],
      ["connectionError me No."],
    ]);
    expect(state().local.camera).toEqual({ status: "off", stream: null, error: null });
    node.forbidden.clear();
    await meeting.setCamera(true);
    expect(state().local.camera.status).toBe("on");
  });

  it("leave a muted microphone muted", async () => {
    await joined();
    await meeting.setMic(true);
    await meeting.setMic(false);
    node.forbidden.set("resumeProducer", "tooManyBroadcasters");
    await meeting.setMic(true);
    expect([state().local.mic.status, media.live, notices()]).toEqual([
      "off",
      [],
      ["notice.tooManyBroadcasters"],
    ]);
  });
});

describe("a limit of bit rate", () => {
  const total = (sender: number) =>
    senders[sender]?.reduce((sum, { active, maxBitrate = 0 }) => sum + (active ? maxBitrate : 0), 0) ?? 0;

  it("of my own is kept, also by what starts later, and can be taken back", async () => {
    await joined();
    await meeting.setCamera(true);
    const before = total(0);
    expect(before).toBeGreaterThan(1_500_000);
    await meeting.setMaxBitrate(300_000);
    await settled();
    expect(total(0)).toBeLessThanOrEqual(300_000);
    expect(total(0)).toBeGreaterThan(250_000);
    await meeting.setScreen(true);
    await settled();
    expect(total(0) + total(1)).toBeLessThanOrEqual(300_001);
    expect(total(1)).toBeGreaterThan(50_000);
    await meeting.setScreen(false);
    await settled();
    expect(total(0)).toBeGreaterThan(250_000);
    void meeting.setMaxBitrate(100_000);
    await meeting.setMaxBitrate(0);
    await settled();
    expect(total(0)).toBe(before);
    expect(node.socket.requestsOf("setMaxBitrate")).toEqual([]);
  });

  it("leaves a camera that is off nothing, and gives it its share when it is on again", async () => {
    await joined();
    await meeting.setScreen(true);
    await meeting.setCamera(true);
    await meeting.setMaxBitrate(1_000_000);
    await settled();
    const screen = total(0);
    await meeting.setCamera(false);
    await settled();
    expect(total(0)).toBeGreaterThan(screen);
    await meeting.setCamera(true);
    await settled();
    expect(total(0)).toBe(screen);
  });

  it("of the room is kept from the first moment on, and the stricter one counts", async () => {
    node.room = { maxBitrateBps: 200_000 };
    await joined();
    await meeting.setCamera(true);
    await settled();
    expect(total(senders.length - 1)).toBeLessThanOrEqual(200_000);
    await meeting.setMaxBitrate(100_000);
    await settled();
    expect(total(senders.length - 1)).toBeLessThanOrEqual(100_000);
    node.notify("maxBitrateChanged", { bitrateBps: 50_000 });
    await settled();
    expect(total(senders.length - 1)).toBeLessThanOrEqual(50_000);
    node.notify("maxBitrateChanged", { bitrateBps: 0 });
    await settled();
    expect(total(senders.length - 1)).toBeGreaterThan(50_000);
  });

  it("holds for another codec and another connection", async () => {
    await joined();
    await meeting.setMaxBitrate(200_000);
    await meeting.setCamera(true);
    node.notify("videoCodecChanged", { mimeType: "video/VP9" });
    await settled();
    await settled();
    node.socket.drop();
    await clock.advance(1000);
    await settled();
    expect(senders.length).toBe(3);
    expect([total(1) <= 200_000, total(2) <= 200_000]).toEqual([true, true]);
  });

  it("that a moderator sets is the server's business", async () => {
    node.me = meInfo({ role: "moderator", permissions: { ...ON_STAGE, moderate: true } });
    await joined();
    await meeting.setCamera(true);
    const before = total(0);
    await meeting.setMaxBitrate(300_000);
    await settled();
    expect(node.socket.requests.at(-1)).toMatchObject({
      method: "setMaxBitrate",
      data: { bitrateBps: 300_000 },
    });
    expect(total(0)).toBe(before);
    node.forbidden.set("setMaxBitrate", "tooManyRequests");
    await meeting.setMaxBitrate(400_000);
    expect(notices()).toEqual(["notice.tooManyRequests"]);
  });
});

describe("a moderator", () => {
  it.each<[string, () => Promise<void>, object]>([
    ["stopTrack", () => meeting.moderator.stopTrack("p", "mic"), { peerId: "p", device: "mic" }],
    ["stopAllTracks", () => meeting.moderator.stopAllTracks("screen"), { device: "screen" }],
    [
      "allow",
      () => meeting.moderator.allow("p", "camera", false),
      { peerId: "p", device: "camera", allowed: false },
    ],
    ["allowAll", () => meeting.moderator.allowAll("mic", true), { device: "mic", allowed: true }],
    ["askToTurnOn", () => meeting.moderator.askToTurnOn("p", "screen"), { peerId: "p", device: "screen" }],
    ["lowerHand", () => meeting.moderator.lowerHand("p"), { peerId: "p" }],
    ["stopVideo", () => meeting.moderator.stopVideo(), {}],
    ["lowerAllHands", () => meeting.moderator.lowerAllHands(), {}],
    ["setOnStage", () => meeting.moderator.setOnStage("p", true), { peerId: "p", onStage: true }],
    ["admit", () => meeting.moderator.admit("p", false), { peerId: "p", admitted: false }],
    ["admitAll", () => meeting.moderator.admitAll(true), { admitted: true }],
    ["setWaitingRoom", () => meeting.moderator.setWaitingRoom(true), { enabled: true }],
    ["setLocked", () => meeting.moderator.setLocked(true), { locked: true }],
    ["kick", () => meeting.moderator.kick("p"), { peerId: "p" }],
    ["letBack", () => meeting.moderator.letBack("p"), { peerId: "p" }],
    ["endMeeting", () => meeting.moderator.endMeeting(), {}],
  ])("asks the server: %s", async (method, call, data) => {
    await joined();
    await call();
    expect(node.socket.requests.at(-1)).toMatchObject({ method, data });
    node.forbidden.set(method, "notModerator");
    const errors = heard("connectionError");
    await expect(call()).rejects.toMatchObject({ code: "notModerator" });
    expect([errors, notices()]).toEqual([["connectionError me No."], []]);
    node.socket.drop();
    await settled();
    await expect(call()).rejects.toBeInstanceOf(ConnectionLost);
  });
});

describe("looking elsewhere", () => {
  const look = async (away: boolean) => {
    page.hidden = away;
    page.visibility();
    await clock.advance(GLANCE_MS);
  };
  const told = () => node.socket.requestsOf("setAbsent").map(({ data }) => data.absent);

  it("is told, and that I am back", async () => {
    await joined();
    await look(true);
    node.notify("absenceChanged", { peerId: "me", absent: true });
    await look(false);
    expect(told()).toEqual([true, false]);
  });

  it("is told after a reconnect, for the server has forgotten it", async () => {
    await joined();
    await look(true);
    node.notify("absenceChanged", { peerId: "me", absent: true });
    node.socket.drop();
    await clock.advance(1000 + GLANCE_MS);
    expect(told()).toEqual([true]);
  });

  it("is nobody's business before and after, nor for a viewer, until they are on stage", async () => {
    node.me = VIEWER;
    await open();
    await look(true);
    await meeting.join("Ada");
    await clock.advance(GLANCE_MS);
    expect(node.socket.methods).toEqual(["join"]);
    node.notify("peerJoined", { peer: peerInfo("me") });
    node.notify("permissionsChanged", { permissions: ON_STAGE, viewer: false });
    await clock.advance(GLANCE_MS);
    expect(told()).toEqual([true]);
  });
});

describe("an event", () => {
  it("tells of me, of others, and of the connection", async () => {
    await open();
    const all = heard(
      "join",
      "newPeer",
      "peerClosed",
      "switchOnMic",
      "switchOffMic",
      "switchOnCamera",
      "errorGetCamera",
      "connectionFailed",
      "disconnected",
      "connectionClosed",
    );
    node.room = { peers: [peerInfo("old")] };
    await meeting.join("Ada");
    await meeting.setMic(true);
    node.notify("peerJoined", { peer: peerInfo("p") });
    const producer = { id: "x", kind: "video", source: "camera", paused: false } as const;
    node.notify("producerAdded", { peerId: "p", producer });
    media.failures.push(
      domError("NotReadableError"),
      domError("NotReadableError"),
      domError("NotReadableError"),
    );
    await meeting.setCamera(true);
    node.notify("peerLeft", { peerId: "p", reason: "left" });
    await meeting.setMic(false);
    expect(all.splice(0)).toEqual([
      "join me",
      "switchOnMic me",
      "newPeer p",
      "switchOnCamera p",
      "errorGetCamera me",
      "peerClosed p",
      "switchOffMic me",
    ]);
    node.room = {};
    node.socket.drop();
    await clock.advance(1000);
    expect(all.splice(0)).toEqual(["disconnected", "join me", "peerClosed old"]);
    await meeting.leave();
    expect(all.splice(0)).toEqual(["connectionClosed"]);
    await meeting.leave();
    expect(all).toEqual([]);
  });

  it("comes after the state has changed", async () => {
    await open();
    const phases: string[] = [];
    meeting.events.on("join", () => phases.push(state().phase));
    meeting.events.on("disconnected", () => phases.push(state().phase));
    meeting.events.on("connectionClosed", () => phases.push(state().phase));
    await meeting.join("Ada");
    node.socket.drop();
    await settled();
    await meeting.leave();
    expect(phases).toEqual(["joined", "reconnecting", "left"]);
  });

  it("tells when there has never been a connection", async () => {
    node.up = false;
    await open();
    const all = heard("connectionFailed", "disconnected", "connectionError");
    const joining = meeting.join("Ada");
    await clock.advance(30_000);
    await joining;
    expect(all).toEqual(["connectionFailed", "connectionError me The connection to the meeting was lost."]);
  });

  it("does not take a refusal, nor the loss of a connection for good, for one that has never been", async () => {
    node.refusals.push("roomFull");
    await open();
    const all = heard("connectionFailed", "disconnected", "connectionError");
    await meeting.join("Ada");
    expect(all.splice(0)).toEqual(["connectionError me No."]);
    await meeting.join("Ada");
    node.up = false;
    node.socket.drop();
    await clock.advance(130_000);
    expect(all).toEqual(["disconnected", "connectionError me The connection to the meeting was lost."]);
  });

  it.each([
    ["peerReplaced", 4409, "replaced"],
    ["kicked", 4411, "removed"],
    ["meetingEnded", 4412, "ended"],
    ["tooManyRequests", 4429, "refused"],
  ] as const)(
    "tells why the server has ended it, first of all and not as a loss: %s",
    async (code, closeCode, reason) => {
      await joined();
      const all = heard("connectionFailed", "disconnected", "connectionClosed", "connectionError");
      meeting.events.on("ended", (ended) => all.push(`ended ${ended.reason} ${ended.code} ${ended.message}`));
      node.notify("closing", { code, message: "No more." });
      node.socket.drop(closeCode);
      await settled();
      expect(all).toEqual([`ended ${reason} ${code} No more.`, "connectionError me No more."]);
    },
  );

  it("tells of leaving before the connection is closed, and not when nobody was in", async () => {
    await open();
    const all = heard("connectionClosed", "disconnected");
    meeting.events.on("ended", ({ reason, canJoinAgain }) => all.push(`ended ${reason} ${canJoinAgain}`));
    await meeting.leave();
    expect(all).toEqual([]);
    await meeting.join("Ada");
    await meeting.leave();
    expect(all).toEqual(["ended left true", "connectionClosed"]);
  });
});

it("what is wrong with the link is written to the console, once", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  await open({ warnings: ["a must be b.", "c must be d."] });
  await meeting.join("Ada");
  expect(warn.mock.calls).toEqual([["meet: a must be b."], ["meet: c must be d."]]);
  warn.mockRestore();
});

describe("the language that I hear", () => {
  const german = { tag: "de", name: "Deutsch", interpreters: ["i"] };
  const there = (...languages: (typeof german)[]) =>
    node.notify("interpretationChanged", { interpretation: { enabled: true, languages } });
  const chosen = () => node.socket.requestsOf("chooseLanguage").map(({ data }) => data.language);

  async function listening(): Promise<void> {
    await joined();
    there(german);
    await meeting.chooseLanguage("de");
    node.notify("listeningChanged", { language: "de", reason: "chosen" });
  }

  it("is what the server says, whatever I choose", async () => {
    await joined();
    there(german);
    const events = heard("interpretationLanguages", "interpretationLanguage");
    await meeting.chooseLanguage("de");
    expect([chosen(), state().me.listening]).toEqual([["de"], ""]);
    node.notify("listeningChanged", { language: "de", reason: "chosen" });
    expect([state().me.listening, notices(), events]).toEqual(["de", [], ["interpretationLanguage"]]);
  });

  it("that nobody interprets into any more says so", async () => {
    await joined();
    node.forbidden.set("chooseLanguage", "notFound");
    await meeting.chooseLanguage("de");
    expect(notices()).toEqual(["notice.language.gone"]);
  });

  it("may be lost, or turned off, which a notice tells with its name", async () => {
    await listening();
    there();
    node.notify("listeningChanged", { language: "", reason: "lost" });
    expect(state().me.listening).toBe("");
    expect(state().notices.map(({ key, level, values }) => [key, level, values.language])).toEqual([
      ["notice.language.lost", "warning", "Deutsch"],
    ]);
    node.notify("listeningChanged", { language: "", reason: "off" });
    expect(notices()).toEqual(["notice.language.lost", "notice.language.off"]);
  });

  it("may be that of my link", async () => {
    node.me = meInfo({ listening: "de" });
    node.room = { interpretation: { enabled: true, languages: [german] } };
    const events: unknown[] = [];
    await open();
    meeting.events.on("interpretationLanguages", ({ languages }) => events.push(languages));
    meeting.events.on("interpretationLanguage", (data) => events.push(data));
    await meeting.join("Ada");
    await settled();
    expect(state().notices.map(({ key, values }) => [key, values.language])).toEqual([
      ["notice.language.preselected", "Deutsch"],
    ]);
    expect(events).toEqual([
      [{ code: "de", name: "Deutsch" }],
      { code: "de", reason: "preselected", name: "Deutsch" },
    ]);
  });

  it("is kept through a lost connection by the server, without a word", async () => {
    await listening();
    node.me = meInfo({ listening: "de" });
    node.room = { interpretation: { enabled: true, languages: [german] } };
    node.socket.drop();
    await clock.advance(1000);
    expect([state().phase, state().me.listening, chosen(), notices()]).toEqual(["joined", "de", [], []]);
  });

  it("is chosen again in a room that has forgotten it, at once or as soon as it is there", async () => {
    await listening();
    node.room = { interpretation: { enabled: true, languages: [german] } };
    node.socket.drop();
    await clock.advance(1000);
    expect(chosen()).toEqual(["de"]);
    node.notify("listeningChanged", { language: "de", reason: "chosen" });
    node.room = {};
    node.socket.drop();
    await clock.advance(1000);
    expect([state().phase, chosen()]).toEqual(["joined", []]);
    there(german);
    there(german);
    expect(chosen()).toEqual(["de"]);
  });

  it("is still waited for when the connection is lost once more", async () => {
    await listening();
    for (const _ of [1, 2]) {
      node.socket.drop();
      await clock.advance(1000);
    }
    there(german);
    expect([state().phase, chosen()]).toEqual(["joined", ["de"]]);
  });

  it("is given up when it does not come back in time", async () => {
    await listening();
    node.socket.drop();
    await clock.advance(1000);
    await clock.advance(AWAITED_MS - 1001);
    expect(notices()).toEqual([]);
    await clock.advance(1001);
    expect(state().notices.map(({ key, values }) => [key, values.language])).toEqual([
      ["notice.language.lost", "Deutsch"],
    ]);
    there(german);
    expect(chosen()).toEqual([]);
  });

  it("is not brought back over what I choose meanwhile", async () => {
    await listening();
    node.socket.drop();
    await clock.advance(1000);
    await meeting.chooseLanguage("");
    there(german);
    expect(chosen()).toEqual([""]);
    await clock.advance(AWAITED_MS);
    expect(notices()).toEqual([]);
  });
});

describe("a handover between interpreters", () => {
  async function interpreting(): Promise<void> {
    const permissions = { ...ON_STAGE, camera: false, screen: false };
    node.me = meInfo({ role: "interpreter", language: "de", permissions });
    await open({ role: "interpreter" });
    await meeting.join("Ada");
    await settled();
  }

  it("turns my microphone on or off when it is due", async () => {
    await interpreting();
    node.notify("handoverDue", { giver: "b", taker: "me" });
    await settled();
    expect(state().local.mic.status).toBe("on");
    node.notify("handoverDue", { giver: "b", taker: "c" });
    await settled();
    expect(state().local.mic.status).toBe("on");
    node.notify("handoverDue", { giver: "me", taker: "b" });
    await settled();
    expect(state().local.mic.status).toBe("off");
  });

  it("is asked for, and called off", async () => {
    await interpreting();
    await meeting.interpreter.offerHandover(10);
    await meeting.interpreter.requestHandover(5);
    await meeting.interpreter.acceptHandover();
    await meeting.interpreter.cancelHandover();
    expect(node.socket.requests.slice(-4).map(({ method, data }) => [method, data])).toEqual([
      ["offerHandover", { seconds: 10 }],
      ["requestHandover", { seconds: 5 }],
      ["acceptHandover", {}],
      ["cancelHandover", {}],
    ]);
  });
});
