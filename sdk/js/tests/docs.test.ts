// Each example of the page about this package runs, and is right to a compiler.

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { FakeHandler, testFakeParameters } from "mediasoup-client";
import { afterAll, expect, it, vi } from "vitest";
import * as client from "../src/index";
import { FakeClock } from "./fakes/clock";
import { FakeMediaDevices } from "./fakes/mediaDevices";
import { FakeNode, meInfo, peerInfo } from "./fakes/node";
import { asTrack, FakeTrack, fakeStream } from "./fakes/tracks";

const folder = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);
const PAGE = readFileSync(folder("../../../docs/sdk.md"), "utf-8");
const TABLE = PAGE.slice(PAGE.indexOf("### All of it in JavaScript"), PAGE.indexOf("Events have the names"));
const EXAMPLES = [...TABLE.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = ""]) => code);
/** Written beside the tests, so that `meet-client` and its dependencies are found from there. */
const COMPILED = folder("./examples.ts");

/** `join` and `openRoom` on a node of the test's, with devices. */
function lab() {
  const node = new FakeNode();
  node.me = meInfo({ permissions: { ...meInfo().permissions, moderate: true, record: true } });
  node.room = { peers: [peerInfo("p", { displayName: "P" })] };
  const options: client.JoinOptions = {
    clock: new FakeClock(),
    openSocket: node.open,
    fetch: async () =>
      Response.json({ ticket: "t", peerId: "me", identity: "i", nodeUrl: "ws://node", iceServers: [] }),
    handlerFactory: FakeHandler.createFactory(testFakeParameters),
    newStream: (track) => fakeStream([track]),
    mediaDevices: new FakeMediaDevices(),
  };
  const join: typeof client.join = (link, more) => client.join(link, { ...options, ...more });
  const openRoom: typeof client.openRoom = (link, more) => client.openRoom(link, { ...options, ...more });
  return { join, openRoom };
}

const LINK = "https://meet.example/call/?roomId=team42";

it("has examples", () => expect(EXAMPLES.length).toBeGreaterThan(20));

it.each(EXAMPLES)("%s", async (code) => {
  const { join, openRoom } = lab();
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const known = {
    join,
    openRoom,
    link: LINK,
    peerId: "p",
    track: asTrack(new FakeTrack("video", "mine")),
  };
  const room = await join(LINK);
  // What makes a room of its own has no other one.
  const names = code.includes("const room") ? known : { ...known, room };
  const example = new Function(...Object.keys(names), `return (async () => {${code}})();`);
  await example(...Object.values(names));
  log.mockRestore();
});

it("are all right to a compiler, as all names of events are", () => {
  const events = PAGE.slice(PAGE.indexOf("Events have the names"), PAGE.indexOf("Errors are `MeetError`s"));
  const told = [...events.matchAll(/`([a-z]\w+)`/g)].map(([, name]) => name);
  const text = [
    'import { join, openRoom, type Room, type RoomEvents } from "../src/index.js";',
    "export const link: string = '', peerId: string = '';",
    "export declare const room: Room, track: MediaStreamTrack;",
    ...EXAMPLES.map((code) => `export async function _${EXAMPLES.indexOf(code)}() { ${code}; }`),
    `export const EVENTS: (keyof RoomEvents)[] = ${JSON.stringify(told)};`,
    "void [join, openRoom];",
  ].join("\n");
  writeFileSync(COMPILED, text);
  const tsc = folder("../../../node_modules/.bin/tsc");
  const options =
    "--noEmit --strict --skipLibCheck --module NodeNext --target ES2022 --lib ES2023,DOM --ignoreConfig";
  try {
    execFileSync(tsc, [...options.split(" "), COMPILED], { encoding: "utf-8", cwd: folder(".") });
  } catch (error) {
    expect((error as { stdout: string }).stdout).toBe("");
  }
}, 120_000);

afterAll(() => rmSync(COMPILED, { force: true }));
