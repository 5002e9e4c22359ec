// Language interpretation as the page knows it: the languages to choose from, who interprets, and who is live. Pure.

import type { Role } from "../signal/shapes.js";
import type * as wire from "../wire/protocol.js";
import type { Channel, Handover, Interpretation, Peer, RemoteTrack, RoomState } from "./state.js";

export const NO_INTERPRETATION: Interpretation = { enabled: false, languages: [] };

export function interpretationOf(told: wire.Interpretation | undefined): Interpretation {
  const { enabled = false, languages = [] } = told ?? {};
  return {
    enabled,
    languages: languages.map(({ tag, name, interpreters, expiresAt = null }) => ({
      tag,
      name,
      interpreters,
      expiresAt,
    })),
  };
}

export function handoverOf(told: wire.Handover | null | undefined): Handover | null {
  return told ? { ...told, dueAt: told.dueAt ?? null } : null;
}

/** Whether somebody speaks for others: they have no tile, and are no part of the conversation. */
export function isInterpreter({ role }: { role: Role }): boolean {
  return role === "interpreter";
}

/** Whether it is part of the original, which everybody hears. */
export function isFloor({ language }: Pick<RemoteTrack, "language">): boolean {
  return language === "";
}

/** Whether somebody's microphone is on. */
export function isLive({ tracks }: Pick<Peer, "tracks">): boolean {
  return tracks.mic?.paused === false;
}

export function channelOf({ interpretation }: Pick<RoomState, "interpretation">, tag: string) {
  return interpretation.languages.find((channel) => channel.tag === tag) ?? null;
}

/** The others who interpret into a language, in the order of coming. */
export function interpretersOf(state: Pick<RoomState, "interpretation" | "peers">, tag: string): Peer[] {
  const ids = channelOf(state, tag)?.interpreters ?? [];
  return ids.flatMap((id) => state.peers.find((peer) => peer.id === id) ?? []);
}

/** Whether anybody, be it me, speaks into a language's channel at the moment. */
export function liveIn(
  state: Pick<RoomState, "interpretation" | "peers" | "me" | "local">,
  tag: string,
): boolean {
  const { me, local } = state;
  const mine = me.language === tag && local.mic.status === "on";
  return (mine && channelOf(state, tag) !== null) || interpretersOf(state, tag).some(isLive);
}

/** The languages that I can listen to: all but the one into which I interpret myself. */
export function choosable({ interpretation, me }: Pick<RoomState, "interpretation" | "me">): Channel[] {
  return interpretation.languages.filter(({ tag }) => tag !== me.language);
}
