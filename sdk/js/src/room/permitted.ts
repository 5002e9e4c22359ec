// Who may turn on what, and what people are told when that changes. The server decides; this only explains. Pure.

import { type Permissions, type Role, SWITCHABLES, type Switchable } from "../signal/shapes.js";
import type { Peer, RoomState, Rules } from "./state.js";

type Devices = Record<Switchable, boolean>;
type Me = Pick<RoomState["me"], "role" | "viewer" | "permissions">;

/** What somebody may send as long as no moderator forbids it: a viewer nothing, an interpreter their voice. */
export function entitled(role: Role, viewer: boolean): Devices {
  const shows = !viewer && role !== "interpreter";
  return { mic: !viewer, camera: shows, screen: shows };
}

/** Whether a moderator has taken a device from me that I would have otherwise. */
export function isForbidden(device: Switchable, { role, viewer, permissions }: Me): boolean {
  return entitled(role, viewer)[device] && !permissions[device];
}

/** Whether another participant may turn a device on. Moderators always may. */
export function mayTurnOn({ role, overrides }: Peer, device: Switchable, rules: Rules): boolean {
  const rule = role === "interpreter" || rules[device]; // the rules are about what everybody hears
  return entitled(role, false)[device] && (role === "moderator" || (overrides[device] ?? rule));
}

/** Which devices moderators took from me and gave me back. Coming on stage and leaving it is another matter. */
export function decided(before: Me, after: Me): { taken: Switchable[]; given: Switchable[] } {
  if (before.viewer !== after.viewer) {
    return { taken: [], given: [] };
  }
  const changedTo = (may: boolean) =>
    SWITCHABLES.filter((device) => before.permissions[device] !== may && after.permissions[device] === may);
  return { taken: changedTo(false), given: changedTo(true) };
}

/** What the server will say of somebody whom it has not let in yet, as far as it concerns their devices. */
export function expected(role: Role, viewer: boolean): Permissions {
  return { ...entitled(role, viewer), chat: false, hand: false, moderate: false, record: false };
}
