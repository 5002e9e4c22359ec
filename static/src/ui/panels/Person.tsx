import { t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
import { Avatar } from "../kit/Avatar";
import { Icon } from "../kit/Icon";
import { camera, cameraOff, mic, micOff } from "../kit/icons";
import type { Position } from "../kit/LongList";
import type { Person } from "../logic/people";
import { PinButton } from "../room/PinButton";
import { States } from "../room/TileBadges";
import { PersonMenu } from "./PersonMenu";

/** One line of the list of people. */
export function PersonRow({ person, position }: { person: Person; position: Position }) {
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
      {...position}
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
        {mayModerate && (self ? <span class="person-gap" /> : <PersonMenu peerId={id} />)}
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
