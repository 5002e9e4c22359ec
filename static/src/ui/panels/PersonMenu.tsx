import type { Switchable } from "meet-client/signal/shapes";
import { t } from "../../i18n/room";
import type { Moderator, Peer } from "../../store/types";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import {
  camera,
  cameraOff,
  fromStage,
  hand,
  kick as kickIcon,
  locked as lockedIcon,
  mic,
  micOff,
  moreVertical,
  screen,
  screenOff,
} from "../kit/icons";
import { Menu, type MenuGroup } from "../kit/Menu";
import { notify } from "../localNotices";
import { type Options, optionsFor } from "../logic/moderation";
import { removePerson } from "../removePerson";

const ICONS: Record<Switchable, { on: string; off: string }> = {
  mic: { on: mic, off: micOff },
  camera: { on: camera, off: cameraOff },
  screen: { on: screen, off: screenOff },
};
const NAMES = { mic: "device.microphone", camera: "device.camera", screen: "device.screen" } as const;

/** What a moderator can do about another participant; nothing for somebody who isn't here. */
export function PersonMenu({ peerId }: { peerId: string }) {
  const meeting = useMeeting();
  const state = meeting.state.value;
  const peer = state.peers.find(({ id }) => id === peerId);
  if (!peer) return null;
  const options = optionsFor(peer, state);
  const groups = [
    deviceGroup(options),
    rightsGroup(options),
    personGroup(options, state.rules.locked),
  ].filter(({ items }) => items.length > 0);
  return (
    <Menu
      label={t("people.actions", { name: peer.displayName })}
      icon={moreVertical}
      variant="quiet"
      side="below"
      align="end"
      testId="person-menu"
      groups={groups.map((group) => ({
        ...group,
        onChoose: (line) => void act(meeting.moderator, peer, line),
      }))}
    />
  );
}

type Lines = Omit<MenuGroup, "onChoose">;

/** What is on can be turned off; what is off can be asked for. */
function deviceGroup({ devices }: Options): Lines {
  return {
    items: devices.map(({ device, on }) => {
      const id = on ? (`stop-${device}` as const) : (`ask-${device}` as const);
      const label = on ? t(`people.stop.${device}`) : t(`people.ask.${device}`);
      return { id, label, icon: on ? ICONS[device].off : ICONS[device].on, testId: id };
    }),
  };
}

function rightsGroup({ devices, ordinary }: Options): Lines {
  return {
    heading: t("people.may"),
    several: true,
    items: devices
      .filter(() => ordinary)
      .map(({ device, allowed }) => ({
        id: allowed ? `forbid-${device}` : `allow-${device}`,
        label: t(NAMES[device]),
        checked: allowed,
        testId: `may-${device}`,
      })),
  };
}

function personGroup({ hand: raised, fromStage: onStage, ordinary }: Options, isLocked: boolean): Lines {
  return {
    items: [
      ...(raised ? [{ id: "hand", label: t("people.lowerHand"), icon: hand, testId: "lower-hand" }] : []),
      ...(onStage
        ? [{ id: "stage", label: t("people.fromStage"), icon: fromStage, testId: "from-stage" }]
        : []),
      ...(ordinary
        ? [{ id: "kick", label: t("people.kick"), icon: kickIcon, danger: true, testId: "kick" }]
        : []),
      ...(ordinary && !isLocked
        ? [
            {
              id: "kick-lock",
              label: t("people.kickAndLock"),
              icon: lockedIcon,
              danger: true,
              testId: "kick-lock",
            },
          ]
        : []),
    ],
  };
}

/** Does what a line of the menu says. */
async function act(moderator: Moderator, { id, displayName: name }: Peer, line: string): Promise<void> {
  const [action, target] = line.split("-");
  const device = target as Switchable;
  switch (action) {
    case "stop":
      await attempt(moderator.stopTrack(id, device));
      break;
    case "ask":
      if (await attempt(moderator.askToTurnOn(id, device))) notify("info", "notice.asked", { name });
      break;
    case "allow":
    case "forbid":
      await attempt(moderator.allow(id, device, action === "allow"));
      break;
    case "hand":
      await attempt(moderator.lowerHand(id));
      break;
    case "stage":
      await attempt(moderator.setOnStage(id, false));
      break;
    case "kick":
      // First the lock: in between they could be back under another id.
      if (target === "lock" && !(await attempt(moderator.setLocked(true)))) break;
      await removePerson(moderator, id, name);
  }
}
