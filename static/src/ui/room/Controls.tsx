import { choosable } from "meet-client/room/interpretation";
import { isForbidden } from "meet-client/room/permitted";
import { useRef } from "preact/hooks";
import { t } from "../../i18n/room";
import type { DeviceKind, MeetingState } from "../../store/types";
import { useMeeting, useView } from "../context";
import { useSize } from "../hooks/useSize";
import { Button } from "../kit/Button";
import { IconButton } from "../kit/IconButton";
import {
  camera,
  cameraOff,
  fullscreen,
  fullscreenEnd,
  hand,
  leave,
  mic,
  micOff,
  screen,
  screenOff,
} from "../kit/icons";
import type { MenuGroup } from "../kit/Menu";
import { type Control, fitControls } from "../logic/fit";
import { SHORTCUTS } from "../logic/keyboard";
import { DeviceToggle } from "./DeviceToggle";
import { LanguageButton } from "./LanguageButton";
import { MoreMenu } from "./MoreMenu";
import { ChatToggle, ModeratorToggle, PeopleToggle } from "./PanelToggles";
import { RoomInfo } from "./RoomInfo";
import { canChooseSpeaker } from "./sink";
import { availableActions, useActions } from "./useActions";
import { VolumeButton } from "./VolumeButton";

interface Props {
  /** The page is wide enough to have the panels' buttons at one side, and the room's name at the other. */
  wide: boolean;
  onSettings: () => void;
  onHelp: () => void;
}

/** Each opens a panel. */
const PANELS: readonly Control[] = ["chat", "people", "moderator"];

/** The bar of what I can do. What doesn't fit is in its menu. */
export function Controls({ wide, onSettings, onHelp }: Props) {
  const meeting = useMeeting();
  const bar = useRef<HTMLDivElement>(null);
  const { width } = useSize(bar);
  const fit = fitControls(width, useWanted());
  const side = (control: Control) => wide && PANELS.includes(control);
  return (
    <footer class="bar" data-roomy={fit.roomy ? "" : undefined} data-wide={wide ? "" : undefined}>
      <div class="bar-measure" ref={bar} />
      {wide && <RoomInfo />}
      <div class="controls" role="toolbar" aria-label={t("control.bar")}>
        {fit.bar
          .filter((control) => !side(control))
          .map((control) =>
            control === "more" ? (
              <MoreMenu key={control} items={fit.menu} onSettings={onSettings} onHelp={onHelp} />
            ) : control === "leave" ? (
              <Button
                key={control}
                variant="danger"
                icon={leave}
                class="leave"
                label={t("control.leave")}
                testId="leave"
                onClick={() => void meeting.leave()}
              >
                {t("control.leave")}
              </Button>
            ) : (
              <One key={control} control={control} roomy={fit.roomy} />
            ),
          )}
      </div>
      {wide && (
        <div class="bar-side">
          {fit.bar.filter(side).map((control) => (
            <One key={control} control={control} roomy />
          ))}
        </div>
      )}
    </footer>
  );
}

/** A viewer's sound stands in the bar; others have it in the settings. */
function useWanted(): Control[] {
  const meeting = useMeeting();
  const { viewer } = meeting.state.value.me;
  const can = availableActions(meeting);
  const wanted: [Control, boolean][] = [
    ["mic", can.mic],
    ["camera", can.camera],
    ["share", can.share],
    ["hand", can.hand],
    ["language", choosable(meeting.state.value).length > 0],
    ["volume", viewer],
    ["chat", true], // off, it stands there all the same
    ["people", true],
    ["moderator", can.moderator],
    ["fullscreen", viewer && can.fullscreen],
    ["more", true],
    ["leave", true],
  ];
  return wanted.filter(([, there]) => there).map(([control]) => control);
}

function One({ control, roomy }: { control: Control; roomy: boolean }) {
  switch (control) {
    case "mic":
      return <Mic arrow={roomy} />;
    case "camera":
      return <Camera arrow={roomy} />;
    case "share":
      return <Share />;
    case "hand":
      return <Hand />;
    case "language":
      return <LanguageButton roomy={roomy} />;
    case "volume":
      return <VolumeButton />;
    case "fullscreen":
      return <Fullscreen />;
    case "chat":
      return <ChatToggle />;
    case "people":
      return <PeopleToggle />;
    case "moderator":
      return <ModeratorToggle />;
    default:
      return null;
  }
}

function useDeviceGroup(): (kind: DeviceKind, heading: string) => MenuGroup {
  const meeting = useMeeting();
  const { devices } = meeting.state.value;
  return (kind, heading) => ({
    heading,
    empty: kind === "speaker" ? t("device.default") : t("device.none"),
    items: devices[kind].map((device, index) => ({
      id: device.id,
      label: device.label || heading,
      checked: devices.selected[kind] === null ? index === 0 : devices.selected[kind] === device.id,
    })),
    onChoose: (id) => void meeting.chooseDevice(kind, id),
  });
}

function Mic({ arrow }: { arrow: boolean }) {
  const meeting = useMeeting();
  const group = useDeviceGroup();
  const groups = [group("microphone", t("device.microphone"))];
  if (canChooseSpeaker()) groups.push(group("speaker", t("device.speaker")));
  return (
    <DeviceToggle
      local={meeting.state.value.local.mic}
      forbidden={micForbidden(meeting.state.value.me)}
      icons={{ on: mic, off: micOff }}
      labels={{
        name: t("device.microphone"),
        on: t("control.mute"),
        off: t("control.unmute"),
        menu: t("device.chooseMic"),
      }}
      shortcut={SHORTCUTS.mic}
      testId="toggle-mic"
      arrow={arrow}
      groups={groups}
      onToggle={(on) => void meeting.setMic(on)}
      onOpenMenu={() => void meeting.refreshDevices()}
    />
  );
}

function Camera({ arrow }: { arrow: boolean }) {
  const meeting = useMeeting();
  const group = useDeviceGroup();
  return (
    <DeviceToggle
      local={meeting.state.value.local.camera}
      forbidden={isForbidden("camera", meeting.state.value.me) ? t("control.forbidden.camera") : null}
      icons={{ on: camera, off: cameraOff }}
      labels={{
        name: t("device.camera"),
        on: t("control.stopCamera"),
        off: t("control.startCamera"),
        menu: t("device.chooseCamera"),
      }}
      shortcut={SHORTCUTS.camera}
      testId="toggle-camera"
      arrow={arrow}
      groups={[group("camera", t("device.camera"))]}
      onToggle={(on) => void meeting.setCamera(on)}
      onOpenMenu={() => void meeting.refreshDevices()}
    />
  );
}

function Share() {
  const act = useActions();
  const { local, me } = useMeeting().state.value;
  const { status } = local.screen;
  const sharing = status === "on";
  const forbidden = isForbidden("screen", me);
  const label = sharing ? t("control.stopShare") : t("control.share");
  return (
    <IconButton
      icon={sharing ? screenOff : screen}
      label={forbidden ? t("control.forbidden.screen") : label}
      name={forbidden ? t("control.forbidden.screen") : t("control.share")}
      shortcut={SHORTCUTS.share}
      state={sharing ? "active" : "on"}
      pressed={sharing}
      disabled={status === "starting" || forbidden}
      testId="toggle-share"
      onClick={() => act("share")}
    />
  );
}

function Hand() {
  const act = useActions();
  const up = useMeeting().state.value.me.handRaisedAt !== null;
  return (
    <IconButton
      icon={hand}
      label={up ? t("control.handDown") : t("control.hand")}
      name={t("control.hand")}
      shortcut={SHORTCUTS.hand}
      state={up ? "raised" : "on"}
      pressed={up}
      testId="toggle-hand"
      onClick={() => act("hand")}
    />
  );
}

function Fullscreen() {
  const act = useActions();
  const on = useView().state.value.fullscreen;
  return (
    <IconButton
      icon={on ? fullscreenEnd : fullscreen}
      label={on ? t("control.fullscreenEnd") : t("control.fullscreen")}
      shortcut={SHORTCUTS.fullscreen}
      testId="fullscreen"
      onClick={() => act("fullscreen")}
    />
  );
}

function micForbidden(me: MeetingState["me"]): string | null {
  if (!isForbidden("mic", me)) return null;
  return me.interpreterProblem ? t("control.interpreter") : t("control.forbidden.mic");
}
