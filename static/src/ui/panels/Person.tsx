import { t } from "../../i18n";
import { attempt } from "../attempt";
import { useMeeting, useView } from "../context";
import { Avatar } from "../kit/Avatar";
import { Icon } from "../kit/Icon";
import { camera, cameraOff, fromStage, hand, mic, micOff, moreVertical } from "../kit/icons";
import { Menu, type MenuItem } from "../kit/Menu";
import type { Person } from "../logic/people";
import { PinButton } from "../room/PinButton";
import { States } from "../room/TileBadges";

/** One line of the list of people. */
export function PersonRow({ person }: { person: Person }) {
  const meeting = useMeeting();
  const view = useView();
  const { pinned } = view.state.value;
  const mayModerate = meeting.state.value.me.permissions.moderate;
  const { id, name, self } = person;
  const roles = [
    ...(self ? [t("people.you")] : []),
    ...(person.role === "moderator" ? [t("people.moderator")] : []),
  ];
  return (
    <li
      class="person"
      data-testid="person"
      data-peer-id={id}
      data-muted={String(!person.micOn)}
      data-camera={String(person.cameraOn)}
      data-hand={person.hand ?? undefined}
      data-absent={String(person.absent)}
      data-quality={person.quality}
      data-pinned={String(pinned === id)}
    >
      <Avatar name={name} identity={id} />
      <div class="person-text">
        <span class="person-name" title={name}>
          {name}
        </span>
        {roles.length > 0 && <span class="person-role">{roles.join(" · ")}</span>}
      </div>
      <div class="person-states">
        <States person={person} />
        <Device on={person.micOn} icons={[mic, micOff]} labels={["tile.state.micOn", "tile.state.micOff"]} />
        <Device
          on={person.cameraOn}
          icons={[camera, cameraOff]}
          labels={["people.cameraOn", "people.cameraOff"]}
        />
      </div>
      <div class="person-actions">
        <PinButton peerId={id} name={name} pinned={pinned === id} />
        {mayModerate && (self ? <span class="person-gap" /> : <Actions person={person} />)}
      </div>
    </li>
  );
}

type StateKey = "tile.state.micOn" | "tile.state.micOff" | "people.cameraOn" | "people.cameraOff";

interface DeviceProps {
  on: boolean;
  icons: [on: string, off: string];
  labels: [on: StateKey, off: StateKey];
}

function Device({ on, icons, labels }: DeviceProps) {
  const label = t(on ? labels[0] : labels[1]);
  return (
    <span class="person-device" data-on={on ? "" : undefined} title={label}>
      <Icon svg={on ? icons[0] : icons[1]} />
      <span class="visually-hidden">{label}</span>
    </span>
  );
}

/** What a moderator can do about somebody. */
function Actions({ person }: { person: Person }) {
  const { moderator, state } = useMeeting();
  const { id, name } = person;
  const items: MenuItem[] = [
    {
      id: "mic",
      label: t("people.stopMic"),
      icon: micOff,
      disabled: !person.micOn,
      testId: "stop-mic",
    },
    {
      id: "camera",
      label: t("people.stopCamera"),
      icon: cameraOff,
      disabled: !person.cameraOn,
      testId: "stop-camera",
    },
  ];
  if (person.hand !== null)
    items.push({ id: "hand", label: t("people.lowerHand"), icon: hand, testId: "lower-hand" });
  if (state.value.interface === "webinar" && person.role !== "moderator")
    items.push({ id: "stage", label: t("people.fromStage"), icon: fromStage, testId: "from-stage" });
  const choose: Record<string, () => Promise<void>> = {
    mic: () => moderator.stopTrack(id, "mic"),
    camera: () => moderator.stopTrack(id, "camera"),
    hand: () => moderator.lowerHand(id),
    stage: () => moderator.setOnStage(id, false),
  };
  return (
    <Menu
      label={t("people.actions", { name })}
      icon={moreVertical}
      variant="quiet"
      side="below"
      align="end"
      testId="person-menu"
      groups={[
        {
          items,
          onChoose: (action) => {
            const request = choose[action]?.();
            if (request) void attempt(request);
          },
        },
      ]}
    />
  );
}
