import { FakeHandler, testFakeParameters } from "mediasoup-client";
import { beforeEach, expect, it } from "vitest";
import { FakeClock, settled } from "../../js/tests/fakes/clock";
import { FakeNode } from "../../js/tests/fakes/node";
import { fakeStream } from "../../js/tests/fakes/tracks";
import { type OpenedRoom, opening } from "../src/opening";

const LINK = "https://meet.example/call/?roomId=room";

let node: FakeNode;
let clock: FakeClock;
let listening: Set<() => void>;
let answer: () => Response;
let told: OpenedRoom[];

beforeEach(() => {
  node = new FakeNode();
  clock = new FakeClock();
  listening = new Set();
  told = [];
  const admission = { ticket: "t", peerId: "me", identity: "i", nodeUrl: "ws://node", iceServers: [] };
  answer = () => Response.json(admission);
});

function open(): () => void {
  const listen = (listener: () => void) => {
    listening.add(listener);
    return () => listening.delete(listener);
  };
  const options = {
    clock,
    openSocket: node.open,
    fetch: async () => answer(),
    handlerFactory: FakeHandler.createFactory(testFakeParameters),
    newStream: (track: MediaStreamTrack) => fakeStream([track]),
    onPageHide: listen,
    onNetwork: listen,
    onVisibility: listen,
  };
  return opening(LINK, options, (opened) => told.push(opened));
}

const left = () => [node.sockets.filter((socket) => !socket.closed).length, listening.size, clock.waiting];

it("a room that nobody has joined leaves nothing behind when its component goes", async () => {
  const end = open();
  await settled();
  expect([told.map(({ room }) => room?.state.phase), node.sockets.length]).toEqual([["welcome"], 1]);
  expect(listening.size).toBeGreaterThan(0);
  end();
  await settled();
  expect(left()).toEqual([0, 0, 0]);
});

it("nor does one that somebody is in, who has left then", async () => {
  const end = open();
  await settled();
  await told[0]?.room?.join();
  end();
  await clock.advance(5_000);
  expect([told[0]?.room?.state.phase, node.socket.methods.at(-1)]).toEqual(["left", "leave"]);
  expect(left()).toEqual([0, 0, 0]);
});

it("a component that goes before its room comes hears of none", async () => {
  open()();
  await settled();
  expect([told, left()]).toEqual([[], [0, 0, 0]]);
});

it("a link that is refused is told, with the server's sentence", async () => {
  answer = () => Response.json({ error: { code: "tooEarly", message: "Not yet." } }, { status: 403 });
  const end = open();
  await settled();
  expect(told).toMatchObject([{ room: null, error: { code: "tooEarly", message: "Not yet." } }]);
  end();
  await settled();
  expect(left()).toEqual([0, 0, 0]);
});
