// Makes tiles out of the meeting's state: one for each participant, one for each shared screen, one for the player that
// all watch together. Pure.

import { isInterpreter } from "meet-client/room/interpretation";
import type { Quality } from "meet-client/signal/shapes";
import type { MeetingState, Peer, RemoteTrack } from "../../store/types";
import { handOrder } from "../logic/hands";

/** What a tile shows; `video` is the player that everybody watches, and nobody's. */
export type TileSource = "camera" | "screen" | "video";

export interface TileModel {
  /** Stable for as long as the tile exists. */
  key: string;
  peerId: string;
  source: TileSource;
  self: boolean;
  name: string;
  /** What to play in the tile; null shows the avatar. */
  video: MediaStream | null;
  /** There is a picture, but my connection does not carry it. */
  exceedsLink: boolean;
  /** There is a picture, but the server has too much to do to send it. */
  serverBusy: boolean;
  /** What the speaking ring listens to. */
  audio: MediaStream | null;
  micOn: boolean;
  cameraOn: boolean;
  /** Place in the line of raised hands, from 1; null for no hand. */
  hand: number | null;
  absent: boolean;
  quality: Quality;
  moderator: boolean;
}

type TilesState = Pick<MeetingState, "me" | "local" | "peers" | "viewerHands" | "videoUrl">;

export const VIDEO_KEY = "video";

export function tileKey(peerId: string, source: "camera" | "screen"): string {
  return `${source}:${peerId}`;
}

function playing(track: RemoteTrack | undefined): MediaStream | null {
  return track && !track.paused && !track.exceedsLink && !track.serverBusy ? track.stream : null;
}

function exceeds(track: RemoteTrack | undefined): boolean {
  return track !== undefined && !track.paused && track.exceedsLink;
}

function waitsForServer(track: RemoteTrack | undefined): boolean {
  return isOn(track) && track?.serverBusy === true;
}

function isOn(track: RemoteTrack | undefined): boolean {
  return track !== undefined && !track.paused;
}

/** Without a person's states, which belong to their camera's tile. */
const PLAIN = { hand: null, absent: false, quality: "unknown", moderator: false } as const;

function remoteTiles(peer: Peer, hands: ReadonlyMap<string, number>): TileModel[] {
  const { mic, camera, screen, screenAudio } = peer.tracks;
  const tiles: TileModel[] = [
    {
      key: tileKey(peer.id, "camera"),
      peerId: peer.id,
      source: "camera",
      self: false,
      name: peer.displayName,
      video: playing(camera),
      exceedsLink: exceeds(camera),
      serverBusy: waitsForServer(camera),
      audio: playing(mic),
      micOn: isOn(mic),
      cameraOn: isOn(camera),
      hand: hands.get(peer.id) ?? null,
      absent: peer.absent,
      quality: peer.quality,
      moderator: peer.role === "moderator",
    },
  ];
  if (screen) {
    tiles.push({
      ...PLAIN,
      key: tileKey(peer.id, "screen"),
      peerId: peer.id,
      source: "screen",
      self: false,
      name: peer.displayName,
      video: playing(screen),
      exceedsLink: exceeds(screen),
      serverBusy: waitsForServer(screen),
      audio: null,
      micOn: isOn(screenAudio),
      cameraOn: false,
    });
  }
  return tiles;
}

function ownTiles({ me, local }: TilesState, hands: ReadonlyMap<string, number>): TileModel[] {
  if (me.viewer || isInterpreter(me)) return [];
  const on = (source: keyof typeof local) => (local[source].status === "on" ? local[source].stream : null);
  const own = { peerId: me.peerId, self: true, name: me.displayName };
  const tiles: TileModel[] = [
    {
      ...own,
      key: tileKey(me.peerId, "camera"),
      source: "camera",
      video: on("camera"),
      exceedsLink: false,
      serverBusy: false,
      audio: on("mic"),
      micOn: local.mic.status === "on",
      cameraOn: local.camera.status === "on",
      hand: hands.get(me.peerId) ?? null,
      absent: false, // who sees this is here
      quality: me.quality,
      moderator: me.role === "moderator",
    },
  ];
  if (local.screen.status === "on") {
    tiles.push({
      ...PLAIN,
      ...own,
      key: tileKey(me.peerId, "screen"),
      source: "screen",
      video: on("screen"),
      exceedsLink: false,
      serverBusy: false,
      audio: null,
      micOn: local.screenAudio.status === "on",
      cameraOn: false,
    });
  }
  return tiles;
}

function videoTile(): TileModel {
  const nobody = {
    peerId: "",
    self: false,
    name: "",
    video: null,
    exceedsLink: false,
    serverBusy: false,
    audio: null,
  };
  return { ...PLAIN, ...nobody, key: VIDEO_KEY, source: "video", micOn: true, cameraOn: false };
}

/**
 * All tiles in order: the shared player, shared screens, then others as they joined, with me second so that I stay on
 * the first page. Interpreters have none. With `camerasFirst`, those who show themselves come before those who don't.
 */
export function tilesOf(state: TilesState, camerasFirst = false): TileModel[] {
  const hands = handOrder(state);
  const own = ownTiles(state, hands);
  const remote = state.peers
    .filter((peer) => !isInterpreter(peer))
    .flatMap((peer) => remoteTiles(peer, hands));
  const screens = [...remote, ...own].filter((tile) => tile.source === "screen");
  const others = remote.filter((tile) => tile.source === "camera");
  const me = own.filter((tile) => tile.source === "camera");
  const people = [...others.slice(0, 1), ...me, ...others.slice(1)];
  const sorted = camerasFirst
    ? [...people.filter((tile) => tile.cameraOn), ...people.filter((tile) => !tile.cameraOn)]
    : people;
  return [...(state.videoUrl ? [videoTile()] : []), ...screens, ...sorted];
}

/** The same tiles with who speaks (a peer id) before the others, but behind what is shared. */
export function speakerFirst(tiles: readonly TileModel[], speaker: string | null): TileModel[] {
  const rank = ({ peerId, source }: TileModel) => (source !== "camera" ? 0 : peerId === speaker ? 1 : 2);
  return [...tiles].sort((one, other) => rank(one) - rank(other));
}

/** Keep the order in which things appeared: the known ones that are still there, then the new ones. */
export function inOrderOfAppearance(known: readonly string[], present: readonly string[]): string[] {
  return [...known.filter((key) => present.includes(key)), ...present.filter((key) => !known.includes(key))];
}

/**
 * Who has spoken last of the others, for the stage: I myself don't go there, nor does it fall empty while I speak. `before`
 * is the last answer.
 */
export function lastSpeaker(
  tiles: readonly TileModel[],
  before: string | null,
  dominant: string | null,
): string | null {
  const there = (peerId: string | null) =>
    tiles.some((tile) => tile.peerId === peerId && !tile.self && tile.source === "camera");
  return [dominant, before].find(there) ?? null;
}

/**
 * Which tile has the stage: whoever is pinned (their screen before their camera), else the screen shared last by
 * somebody else (my own I see anyway), else the player that all watch.
 */
export function stagedKey(
  tiles: readonly TileModel[],
  appearance: readonly string[],
  pinned: string | null = null,
): string | null {
  const has = (key: string) => tiles.some((tile) => tile.key === key);
  if (pinned !== null) {
    const chosen = [tileKey(pinned, "screen"), tileKey(pinned, "camera")].find(has);
    if (chosen) return chosen;
  }
  const screens = tiles.filter((tile) => tile.source === "screen" && !tile.self).map((tile) => tile.key);
  const latest = appearance.filter((key) => screens.includes(key)).at(-1) ?? screens.at(-1);
  return latest ?? (has(VIDEO_KEY) ? VIDEO_KEY : null);
}
