import { FakeHandler, testFakeParameters } from "mediasoup-client";
import { beforeEach, describe, expect, it } from "vitest";
import productManifest from "../../../package.json";
import manifest from "../package.json";
import * as client from "../src/index";
import {
  type JoinOptions,
  join,
  MeetError,
  MeetingOver,
  openRoom,
  type Room,
  type RoomEvents,
} from "../src/index";
import { FakeClock, settled } from "./fakes/clock";
import { domError, FakeMediaDevices } from "./fakes/mediaDevices";
import { FakeNode, meInfo, peerInfo } from "./fakes/node";
import { asTrack, FakeTrack, fakeStream } from "./fakes/tracks";

const LINK = "https://meet.example/call/?roomId=room&token=a.b.c#top";
const ADMISSION = { ticket: "t", peerId: "me", identity: "i", nodeUrl: "ws://node", iceServers: [] };

let node: FakeNode;
let clock: FakeClock;
let asked: [url: string, body: unknown][];
let answer: () => Response;
let options: JoinOptions;

beforeEach(() => {
  node = new FakeNode();
  clock = new FakeClock();
  asked = [];
  answer = () => Response.json(ADMISSION);
  options = {
    clock,
    random: () => 1,
    openSocket: node.open,
    fetch: async (url, { body }) => {
      asked.push([url, JSON.parse(body)]);
      return answer();
    },
    handlerFactory: FakeHandler.createFactory(testFakeParameters),
    newStream: (track) => fakeStream([track]),
  };
});

function heard(room: Room, ...names: (keyof RoomEvents)[]): unknown[] {
  const all: unknown[] = [];
  for (const name of names) room.on(name, (data) => all.push([name, data]));
  return all;
}

const track = (kind: "audio" | "video") => new FakeTrack(kind, `own ${kind}`);

describe("a room's link", () => {
  it("says where tickets are given, and what for", async () => {
    const room = await join(LINK, { ...options, displayName: "Ada" });
    expect(asked).toEqual([
      [
        "https://meet.example/tickets/",
        { interface: "call", query: "roomId=room&token=a.b.c&displayName=Ada", identity: "" },
      ],
    ]);
    expect(room.state).toMatchObject({ phase: "joined", roomId: "room", me: { displayName: "Ada" } });
  });

  it.each([
    ["roomId=a+b%20c&displayName=%C3%84da", "a b c", "Äda"],
    ["displayName=x&roomId=50%&a==b", "50%", "x"],
    ["token=t&displayName=", "room", ""],
  ])("is read as browsers read it: %s", async (query, roomId, displayName) => {
    const room = await openRoom(`https://meet.example/call?${query}`, options);
    expect([room.state.roomId || "room", room.state.me.displayName]).toEqual([roomId, displayName]);
    expect(asked[0]?.[1]).toMatchObject({ query });
  });

  it("has the name of who is given one, whatever it is", async () => {
    await openRoom(`${LINK.replace("#", "&displayName=x&displayName=y#")}`, {
      ...options,
      displayName: "Ä & B=C",
    });
    expect(asked[0]?.[1]).toMatchObject({
      query: "roomId=room&token=a.b.c&displayName=%C3%84%20%26%20B%3DC",
    });
  });

  it("may lead to a server below a path", async () => {
    await join("http://meet.example:8000/a/b/webinar?roomId=room&displayName=Bot", options);
    expect(asked[0]?.[0]).toBe("http://meet.example:8000/a/b/tickets/");
    expect(node.socket.requestsOf("join")[0]?.data).toMatchObject({ ticket: "t", displayName: "Bot" });
  });

  it.each([
    "meet.example/call/?roomId=room",
    "ftp://meet.example/call/?roomId=room",
    "https://meet.example/calls/?roomId=room",
    "https://meet.example/call/?room=room",
    "https://meet.example/call/",
    "",
  ])("may be none: %s", async (link) => {
    await expect(join(link, options)).rejects.toMatchObject({ name: "MeetError", code: "linkInvalid" });
    expect(asked).toEqual([]);
  });

  it("may not let in, with the server's code and sentence", async () => {
    answer = () => Response.json({ error: { code: "tooEarly", message: "Not yet." } }, { status: 403 });
    const error = await join(LINK, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MeetError);
    expect(error).toMatchObject({ code: "tooEarly", message: "Not yet." });
  });
});

describe("joining", () => {
  it("takes as long as a moderator lets wait", async () => {
    node.door = true;
    let waiting = 0;
    const onWaiting = () => {
      waiting += 1;
    };
    const joining = join(LINK, { ...options, onWaiting });
    await clock.advance(60_000);
    expect(waiting).toBe(1);
    node.admit(true);
    expect((await joining).state.phase).toBe("joined");
  });

  it("may be refused", async () => {
    node.refusals.push("roomFull");
    const error = await join(LINK, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MeetingOver);
    expect(error).toMatchObject({ code: "roomFull", ended: { reason: "refused", canJoinAgain: true } });
  });

  it("says where there is no WebRTC", async () => {
    const { handlerFactory: _none, ...bare } = options;
    await expect(join(LINK, bare)).rejects.toMatchObject({ code: "unsupported" });
  });

  it("needs no link where somebody else has got a ticket, and ends when that is too old", async () => {
    const room = await join(ADMISSION, { ...options, displayName: "Bot" });
    expect([room.state.roomId, room.state.me.displayName]).toEqual(["room", "Bot"]);
    node.socket.drop();
    await clock.advance(1_000);
    expect(room.state.phase).toBe("joined");
    clock.sleep(9 * 60_000);
    const ends = heard(room, "ended");
    node.socket.drop();
    await clock.advance(1_000);
    expect([room.state.phase, asked]).toEqual(["closed", []]);
    expect(ends).toMatchObject([["ended", { code: "ticketExpired" }]]);
  });

  it("goes on for hours where there is a new ticket for who was in, whatever the first one was", async () => {
    const identities: string[] = [];
    const newTicket = async (identity: string) => {
      identities.push(identity);
      if (identities.length === 1) throw new Error("The program's own server is away.");
      return { ...ADMISSION, ticket: `ticket ${identities.length}`, nodeUrl: "ws://other" };
    };
    const room = await join(ADMISSION, { ...options, newTicket });
    const ends = heard(room, "ended");
    clock.sleep(60 * 60_000);
    node.socket.drop();
    await clock.advance(5_000);
    expect([room.state.phase, identities, ends, asked]).toEqual([
      "joined",
      ["joined identity", "joined identity"],
      [],
      [],
    ]);
    expect([node.socket.url, node.socket.requestsOf("join")[0]?.data.ticket]).toEqual([
      "ws://other",
      "ticket 2",
    ]);
  });

  it.each([
    ["refuses", async () => Promise.reject(new client.TicketRefused("tooLate", "Go home.")), "tooLate"],
    ["gives nothing usable", async () => ({ error: {} }) as unknown as client.Admission, "connectionLost"],
    ["never answers", () => new Promise<never>(() => {}), "connectionLost"],
  ])("ends after a lost connection where who gives tickets %s", async (_how, newTicket, code) => {
    const room = await join(ADMISSION, { ...options, newTicket });
    const ends = heard(room, "ended");
    clock.sleep(60 * 60_000);
    node.socket.drop();
    await clock.advance(180_000);
    expect(ends).toMatchObject([["ended", { code }]]);
    await room.close();
  });

  it("can be done later: before, microphone and camera are tried", async () => {
    const media = new FakeMediaDevices();
    const room = await openRoom(LINK, { ...options, mediaDevices: media });
    await room.enableWebcam();
    expect([room.state.phase, room.state.local.camera.status]).toEqual(["welcome", "on"]);
    await room.join("Ada");
    await settled();
    expect([room.state.me.displayName, node.socket.requestsOf("produce").length]).toEqual(["Ada", 1]);
  });
});

describe("who is in", () => {
  it("hears what happens, under the bridge's names", async () => {
    node.room = { interpretation: { enabled: true, languages: [] } };
    const room = await join(LINK, options);
    const all = heard(room, "newPeer", "peerClosed", "switchOnMic", "chat", "handChanged", "peerRenamed");
    node.notify("peerJoined", { peer: peerInfo("p") });
    node.notify("producerAdded", {
      peerId: "p",
      producer: { id: "x", kind: "audio", source: "mic", paused: false },
    });
    const message = { id: 1, peerId: "p", displayName: "P", text: "Hi", at: 1 };
    node.notify("chatAdded", { message });
    node.notify("handChanged", { peerId: "p", displayName: "P", viewer: false, raisedAt: 1 });
    node.notify("peerRenamed", { peerId: "p", displayName: "Q" });
    node.notify("peerLeft", { peerId: "p", reason: "left" });
    expect(all).toEqual([
      ["newPeer", { peerId: "p", displayName: "P" }],
      ["switchOnMic", { peerId: "p", displayName: "P" }],
      ["chat", message],
      ["handChanged", { peerId: "p", displayName: "P", raised: true }],
      ["peerRenamed", { peerId: "p", displayName: "Q" }],
      ["peerClosed", { peerId: "p", displayName: "Q" }],
    ]);
  });

  it("sees each new state, until it has seen enough", async () => {
    const room = await join(LINK, options);
    const seen: number[] = [];
    const stop = room.subscribe(({ viewers }) => seen.push(viewers));
    node.notify("viewersChanged", { count: 2 });
    node.notify("viewerJoined", { peerId: "v", displayName: "V" }); // changes nothing
    stop();
    node.notify("viewersChanged", { count: 3 });
    expect(seen).toEqual([2]);
  });

  it("receives tracks, of the size that they are shown at", async () => {
    node.room = { peers: [peerInfo("p")] };
    node.consumersAtJoin = [node.consumerOf("p", "camera")];
    const room = await join(LINK, options);
    const all = heard(room, "track", "trackEnded");
    await settled();
    expect(all).toMatchObject([["track", { peerId: "p", displayName: "P", source: "camera" }]]);
    const preferred = () => node.socket.requestsOf("setPreferredLayers").map(({ data }) => data.layers);
    room.show("p", "camera", { width: 1920, height: 1080 });
    await clock.advance(1_000);
    expect(preferred().at(-1)).toEqual({ spatialLayer: 2 });
    room.show("p", "camera", null);
    await clock.advance(1_000);
    expect(node.socket.methods.at(-1)).toBe("pauseConsumer");
    await room.leave();
    expect(all.length).toBe(2);
  });

  it("is told what the server refuses, by a rejection and an event", async () => {
    const room = await join(LINK, options);
    const errors = heard(room, "connectionError");
    node.forbidden.set("sendChat", "chatDisabled");
    await expect(room.sendChat("Hi")).rejects.toMatchObject({ code: "chatDisabled", message: "No." });
    await expect(room.moderator.kick("p")).resolves.toBeUndefined();
    expect(errors).toEqual([["connectionError", { peerId: "me", code: "chatDisabled", message: "No." }]]);
    node.socket.drop();
    await settled();
    await expect(room.raiseHand()).rejects.toMatchObject({ code: "connectionLost" });
  });

  it("comes back after a lost connection, and sends again what it sent", async () => {
    const room = await join(LINK, options);
    await room.enableMic(asTrack(track("audio")));
    const all = heard(room, "disconnected", "join", "switchOffMic");
    node.socket.drop();
    await clock.advance(2_000);
    expect(all).toMatchObject([
      ["disconnected", {}],
      ["join", { peerId: "me" }],
    ]);
    expect(node.sockets.map((socket) => socket.requestsOf("produce").length)).toEqual([1, 1]);
  });
});

describe("a track of one's own", () => {
  it("is sent instead of a device's, and is nobody else's to stop", async () => {
    const room = await join(LINK, options);
    const [first, second] = [track("video"), track("video")];
    await room.enableWebcam(asTrack(first));
    await room.disableWebcam();
    expect(node.socket.methods.slice(-3)).toEqual(["connectTransport", "produce", "pauseProducer"]);
    await room.enableWebcam();
    await room.enableWebcam(asTrack(second));
    expect([room.state.local.camera.status, node.socket.requestsOf("produce").length]).toEqual(["on", 1]);
    await room.leave();
    expect([first.readyState, second.readyState]).toEqual(["live", "live"]);
  });

  it("may be of a screen and its sound", async () => {
    const room = await join(LINK, options);
    await room.enableShare({ video: asTrack(track("video")), audio: asTrack(track("audio")) });
    await settled();
    const sources = () => node.socket.requestsOf("produce").map(({ data }) => data.source);
    expect(sources()).toEqual(["screen", "screenAudio"]);
    await room.disableShare();
    await settled();
    await room.enableShare({ video: asTrack(track("video")), audio: null });
    await settled();
    expect(sources()).toEqual(["screen", "screenAudio", "screen"]);
  });

  it("is a screen's again without a choice, as long as it is live", async () => {
    const mediaDevices = new FakeMediaDevices();
    const room = await join(LINK, { ...options, mediaDevices });
    const given = track("video");
    await room.enableShare({ video: asTrack(given), audio: null });
    await room.disableShare();
    await room.enableShare();
    const shown = () => room.state.local.screen.stream?.getVideoTracks()[0]?.id;
    expect([shown(), mediaDevices.tracks]).toEqual(["own video", []]);
    given.end();
    await settled();
    expect(room.state.local.screen.status).toBe("off");
    await room.enableShare();
    expect(shown()).toBe("video-0");
  });

  const given: [string, (room: Room) => Promise<void>][] = [
    ["microphone", (room) => room.enableMic(asTrack(track("audio")))],
    ["camera", (room) => room.enableWebcam(asTrack(track("video")))],
    [
      "screen",
      (room) => room.enableShare({ video: asTrack(track("video")), audio: asTrack(track("audio")) }),
    ],
  ];
  const statuses = (room: Room) => Object.values(room.state.local).map(({ status }) => status);
  const OFF = ["off", "off", "off", "off"];

  describe.each(given)("%s", (_, enable) => {
    it("is off after a meeting that ends while it is being turned on", async () => {
      const room = await join(LINK, options);
      const giving = enable(room);
      node.notify("closing", { code: "meetingEnded", message: "The meeting has ended." });
      node.socket.drop(4412);
      await giving;
      await settled();
      expect([room.state.phase, statuses(room)]).toEqual(["closed", OFF]);
    });

    it("is off for who leaves while it is being turned on", async () => {
      const room = await join(LINK, options);
      const giving = enable(room);
      await room.leave();
      await giving;
      await settled();
      expect([room.state.phase, statuses(room)]).toEqual(["left", OFF]);
    });

    it("is off when that is what was wished for last", async () => {
      const room = await join(LINK, options);
      const giving = enable(room);
      await Promise.all([room.disableMic(), room.disableWebcam(), room.disableShare()]);
      await giving;
      await settled();
      expect(statuses(room)).toEqual(OFF);
    });
  });

  it("may be another sound with the same picture, or none", async () => {
    const room = await join(LINK, options);
    const video = asTrack(track("video"));
    const sound = () => room.state.local.screenAudio.stream?.getAudioTracks()[0]?.id ?? null;
    for (const id of ["first", "second"]) {
      await room.enableShare({ video, audio: asTrack(new FakeTrack("audio", id)) });
      await settled();
      expect([room.state.local.screen.status, sound()]).toEqual(["on", id]);
    }
    await room.enableShare({ video, audio: null });
    await settled();
    expect([room.state.local.screen.status, room.state.local.screenAudio.status]).toEqual(["on", "off"]);
  });

  it("is needed where there are no devices", async () => {
    const room = await join(LINK, options);
    const errors = heard(room, "errorGetMic");
    await expect(room.enableMic()).rejects.toMatchObject({ name: "MeetError", code: "insecure" });
    expect(errors).toEqual([["errorGetMic", { peerId: "me", displayName: "", error: "insecure" }]]);
    await room.enableMic(asTrack(track("audio")));
    expect(room.state.local.mic.status).toBe("on");
  });
});

describe("a device", () => {
  it("that gives nothing says why, with the platform's error", async () => {
    const mediaDevices = new FakeMediaDevices();
    const failure = domError("NotAllowedError", "No way.");
    mediaDevices.failures.push(failure);
    const room = await join(LINK, { ...options, mediaDevices });
    const error = await room.enableWebcam().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "denied", message: "No way.", cause: failure });
  });

  it("may not be turned on by who has no right to", async () => {
    node.me = meInfo({ permissions: { ...meInfo().permissions, mic: false } });
    const room = await join(LINK, { ...options, mediaDevices: new FakeMediaDevices() });
    await expect(room.enableMic()).rejects.toMatchObject({ code: "notAllowed" });
    expect(node.socket.methods).not.toContain("produce");
  });
});

describe("closing", () => {
  /** Who listens to the platform. */
  function watched() {
    const all = new Set<() => void>();
    const listen = (listener: () => void) => {
      all.add(listener);
      return () => all.delete(listener);
    };
    return { all, platform: { onPageHide: listen, onNetwork: listen, onVisibility: listen } };
  }

  it("keeps no connection and listens to nothing, also of a room that nobody has joined", async () => {
    const { all, platform } = watched();
    const room = await openRoom(LINK, { ...options, ...platform });
    await settled();
    expect([node.sockets.length, all.size]).toEqual([1, 5]);
    await room.close();
    await settled();
    expect([node.socket.closed, all.size, clock.waiting]).toEqual([true, 0, 0]);
    await expect(room.join()).rejects.toMatchObject({ code: "closed" });
  });

  it("turns nothing on any more, also where that was begun", async () => {
    const mediaDevices = new FakeMediaDevices();
    const room = await join(LINK, { ...options, mediaDevices });
    const giving = room.enableMic(asTrack(track("audio")));
    const closing = room.close();
    await expect(giving).rejects.toMatchObject({ name: "MeetError", code: "closed" });
    await closing;
    await expect(room.enableWebcam()).rejects.toMatchObject({ code: "closed" });
    await settled();
    expect([mediaDevices.asked, room.state.local.mic.status]).toEqual([[], "off"]);
  });

  it("leaves first", async () => {
    const { all, platform } = watched();
    const room = await join(LINK, { ...options, ...platform });
    const ends = heard(room, "ended");
    await room.close();
    await clock.advance(5_000); // what was to be done once in a moment
    expect([node.socket.methods.at(-1), all.size, clock.waiting]).toEqual(["leave", 0, 0]);
    expect(ends).toMatchObject([["ended", { reason: "left" }]]);
  });

  it("happens by itself where the room does not let in", async () => {
    const { all, platform } = watched();
    node.refusals.push("roomFull");
    await join(LINK, { ...options, ...platform }).catch(() => {});
    await settled();
    expect([node.socket.closed, all.size, clock.waiting]).toEqual([true, 0, 0]);
  });

  it("ends a wait at the door", async () => {
    const { all, platform } = watched();
    node.door = true;
    const room = await openRoom(LINK, { ...options, ...platform });
    const joining = room.join();
    await settled();
    expect(room.state.phase).toBe("waiting");
    await room.close();
    await joining;
    await settled();
    expect([node.socket.closed, all.size, clock.waiting]).toEqual([true, 0, 0]);
  });
});

it("the package exports what its page names, and nothing else by accident", () => {
  expect(Object.keys(client).sort()).toEqual([
    "ConnectionLost",
    "DeviceError",
    "LinkInvalid",
    "MeetError",
    "MeetingOver",
    "NoAnswer",
    "RequestRefused",
    "Room",
    "SignalError",
    "TicketRefused",
    "TicketUnavailable",
    "Unsupported",
    "join",
    "openRoom",
  ]);
  const dependencies = (manifest: { dependencies: object }) => manifest.dependencies;
  expect(dependencies(productManifest)).toMatchObject(dependencies(manifest)); // one mediasoup-client for both
});

describe("leaving", () => {
  it("is told once, and lets in again", async () => {
    const room = await join(LINK, options);
    const ends = heard(room, "ended", "connectionClosed");
    await room.leave();
    await room.leave();
    expect(ends).toMatchObject([
      ["ended", { reason: "left" }],
      ["connectionClosed", {}],
    ]);
    await room.join();
    expect(room.state.phase).toBe("joined");
  });
});
