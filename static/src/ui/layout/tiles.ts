// Makes tiles out of the meeting's state: one for each participant, one for each shared screen. Pure.

import type { MeetingState, Peer, RemoteTrack } from "../../store/types";

export interface TileModel {
  /** Stable for as long as the tile exists. */
  key: string;
  peerId: string;
  source: "camera" | "screen";
  self: boolean;
  name: string;
  /** What to play in the tile; null shows the avatar. */
  video: MediaStream | null;
  /** What the speaking ring listens to. */
  audio: MediaStream | null;
  micOn: boolean;
}

export function tileKey(peerId: string, source: "camera" | "screen"): string {
  return `${source}:${peerId}`;
}

function playing(track: RemoteTrack | undefined): MediaStream | null {
  return track && !track.paused ? track.stream : null;
}

function remoteTiles(peer: Peer): TileModel[] {
  const { mic, camera, screen, screenAudio } = peer.tracks;
  const tiles: TileModel[] = [
    {
      key: tileKey(peer.id, "camera"),
      peerId: peer.id,
      source: "camera",
      self: false,
      name: peer.displayName,
      video: playing(camera),
      audio: playing(mic),
      micOn: mic !== undefined && !mic.paused,
    },
  ];
  if (screen) {
    tiles.push({
      key: tileKey(peer.id, "screen"),
      peerId: peer.id,
      source: "screen",
      self: false,
      name: peer.displayName,
      video: playing(screen),
      audio: null,
      micOn: screenAudio !== undefined && !screenAudio.paused,
    });
  }
  return tiles;
}

function ownTiles({ me, local }: Pick<MeetingState, "me" | "local">): TileModel[] {
  const on = (source: keyof typeof local) => (local[source].status === "on" ? local[source].stream : null);
  const own = { peerId: me.peerId, self: true, name: me.displayName };
  const tiles: TileModel[] = [
    {
      ...own,
      key: tileKey(me.peerId, "camera"),
      source: "camera",
      video: on("camera"),
      audio: on("mic"),
      micOn: local.mic.status === "on",
    },
  ];
  if (local.screen.status === "on") {
    tiles.push({
      ...own,
      key: tileKey(me.peerId, "screen"),
      source: "screen",
      video: on("screen"),
      audio: null,
      micOn: local.screenAudio.status === "on",
    });
  }
  return tiles;
}

/** All tiles in order: shared screens, then others as they joined, with me second so that I stay on the first page. */
export function tilesOf(state: Pick<MeetingState, "me" | "local" | "peers">): TileModel[] {
  const own = ownTiles(state);
  const remote = state.peers.flatMap(remoteTiles);
  const screens = [...remote, ...own].filter((tile) => tile.source === "screen");
  const people = remote.filter((tile) => tile.source === "camera");
  const me = own.filter((tile) => tile.source === "camera");
  return [...screens, ...people.slice(0, 1), ...me, ...people.slice(1)];
}

/** Keep the order in which things appeared: the known ones that are still there, then the new ones. */
export function inOrderOfAppearance(known: readonly string[], present: readonly string[]): string[] {
  return [...known.filter((key) => present.includes(key)), ...present.filter((key) => !known.includes(key))];
}

/** The stage belongs to the screen shared last by somebody else; my own screen I see anyway. */
export function stagedKey(tiles: readonly TileModel[], appearance: readonly string[]): string | null {
  const screens = tiles.filter((tile) => tile.source === "screen" && !tile.self).map((tile) => tile.key);
  return appearance.filter((key) => screens.includes(key)).at(-1) ?? screens.at(-1) ?? null;
}
