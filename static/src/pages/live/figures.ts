// Numbers and lists as the pages of live rooms say them. Pure.

import type { Switchable } from "meet-client/signal/shapes";
import type { LivePeer, LiveProducer } from "../../wire/live";

const MINUTE_MS = 60_000;
const HOUR_MIN = 60;
const MEGABIT = 1_000_000;

/** How long something lasts, in minutes. */
export function duration(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / MINUTE_MS));
  if (minutes === 0) return "less than a minute";
  if (minutes < HOUR_MIN) return `${minutes} min`;
  return `${Math.floor(minutes / HOUR_MIN)} h ${minutes % HOUR_MIN} min`;
}

/** Bits/s in the unit that fits. */
export function bitrate(bps: number): string {
  if (bps >= MEGABIT) return `${(bps / MEGABIT).toFixed(1)} Mbit/s`;
  return `${Math.round(bps / 1000)} kbit/s`;
}

/** `1 person`, `2 people`. */
export function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** Some names, and how many there are besides. */
export function someNames(names: readonly string[], all: number): string {
  const others = all - names.length;
  return others > 0 ? `${names.join(", ")} and ${others.toLocaleString("en")} more` : names.join(", ");
}

/** A device of somebody's as one thing: a shared screen has a picture and perhaps a sound. */
export interface Sending {
  status: "on" | "paused" | "off";
  bps: number;
}

/** What somebody sends of a device. */
export function sending(peer: LivePeer, device: Switchable): Sending {
  const producers = peer.producers.filter((producer) => deviceOf(producer) === device);
  const on = producers.filter(({ paused }) => !paused);
  const bps = on.reduce((sum, { bitrateBps }) => sum + bitrateBps, 0);
  if (on.length > 0) return { status: "on", bps };
  return { status: producers.length > 0 ? "paused" : "off", bps: 0 };
}

function deviceOf({ source }: LiveProducer): Switchable {
  return source === "screenAudio" ? "screen" : source;
}
