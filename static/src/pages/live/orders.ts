// What the buttons of a room's page stand for. Pure.

import type { Switchable } from "meet-client/signal/shapes";
import type { LivePeer, LiveWaiting } from "../../wire/live";
import type { Order } from "./ask";

/** What turning a device off is called, on the button, for a screen reader, and when it has happened. */
const OFF: Record<
  Switchable,
  { label: string; full: (name: string) => string; done: (name: string) => string }
> = {
  mic: {
    label: "Mute",
    full: (name) => `Mute ${name}`,
    done: (name) => `${name} is muted.`,
  },
  camera: {
    label: "Turn off",
    full: (name) => `Turn off ${name}'s camera`,
    done: (name) => `${name}'s camera is off.`,
  },
  screen: {
    label: "Stop",
    full: (name) => `Stop ${name}'s screen share`,
    done: (name) => `${name}'s screen is not shared any more.`,
  },
};

/** The words for turning somebody's device off. */
export function offWords(device: Switchable, name: string): { label: string; full: string } {
  return { label: OFF[device].label, full: OFF[device].full(name) };
}

/** Turn a device off; its owner can turn it on again. */
export function stop({ peerId, displayName }: LivePeer, device: Switchable): Order {
  return { command: "stopTrack", data: { peerId, device }, done: OFF[device].done(displayName) };
}

/** Send somebody away who is in. */
export function remove({ peerId, displayName }: LivePeer): Order {
  return { command: "kick", data: { peerId }, done: `${displayName} was removed.` };
}

/** Let somebody in who waits, or send them away. */
export function admit({ peerId, displayName }: LiveWaiting, admitted: boolean): Order {
  const done = `${displayName} was ${admitted ? "let in" : "turned away"}.`;
  return { command: "admit", data: { peerId, admitted }, done };
}

/** Let all in who wait. */
export function admitAll(): Order {
  return { command: "admitAll", data: { admitted: true }, done: "Everybody who waited was let in." };
}

/** Nobody else comes in, or they do again. */
export function lock(locked: boolean): Order {
  const done = locked ? "The room is locked." : "The room is unlocked.";
  return { command: "setLocked", data: { locked }, done };
}

/** Send everybody away. */
export function closeRoom(): Order {
  return { command: "endMeeting", data: {}, done: "The meeting was ended for everybody." };
}
