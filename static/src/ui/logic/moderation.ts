// What a moderator can do about somebody. Pure.

import { isInterpreter } from "meet-client/room/interpretation";
import { entitled, mayTurnOn } from "meet-client/room/permitted";
import { SWITCHABLES, type Switchable } from "meet-client/signal/shapes";
import type { MeetingState, Peer } from "../../store/types";

export interface Options {
  /** The devices that they can have at all, and how each stands. */
  devices: { device: Switchable; on: boolean; allowed: boolean }[];
  /** Devices can be forbidden them, and they can be removed: moderators keep their devices, and stay. */
  ordinary: boolean;
  hand: boolean;
  /** They can be sent back to a webinar's viewers. */
  fromStage: boolean;
}

export function optionsFor(
  peer: Peer,
  { rules, interface: kind }: Pick<MeetingState, "rules" | "interface">,
): Options {
  const moderates = peer.role === "moderator";
  const can = entitled(peer.role, false);
  return {
    devices: SWITCHABLES.filter((device) => can[device]).map((device) => ({
      device,
      on: sends(peer, device),
      allowed: mayTurnOn(peer, device, rules),
    })),
    ordinary: !moderates,
    hand: peer.handRaisedAt !== null,
    fromStage: kind === "webinar" && !moderates,
  };
}

/** Whether somebody has a device on. */
export function sends({ tracks }: Peer, device: Switchable): boolean {
  return tracks[device]?.paused === false;
}

/** What the buttons for everybody would change, moderators included, interpreters not: without any effect they need not be pressed. */
export function effects({ peers, viewerHands }: Pick<MeetingState, "peers" | "viewerHands">) {
  const anybody = (device: Switchable) => peers.some((peer) => !isInterpreter(peer) && sends(peer, device));
  return {
    mic: anybody("mic"),
    camera: anybody("camera"),
    screen: anybody("screen"),
    hands: viewerHands.length > 0 || peers.some(({ handRaisedAt }) => handRaisedAt !== null),
  };
}
