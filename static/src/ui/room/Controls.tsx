import { t } from "../../i18n";
import type { DeviceKind } from "../../store/types";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { IconButton } from "../kit/IconButton";
import { camera, cameraOff, leave, mic, micOff, screen, screenOff } from "../kit/icons";
import type { MenuGroup } from "../kit/Menu";
import { SHORTCUTS } from "../logic/keyboard";
import { DeviceToggle } from "./DeviceToggle";
import { canShareScreen } from "./screenShare";
import { canChooseSpeaker } from "./sink";

/** The bar of what I can do: microphone, camera, screen, leave. */
export function Controls() {
  const meeting = useMeeting();
  const { local, devices } = meeting.state.value;
  const refresh = () => void meeting.refreshDevices();
  const group = (kind: DeviceKind, heading: string): MenuGroup => ({
    heading,
    empty: kind === "speaker" ? t("device.default") : t("device.none"),
    items: devices[kind].map((device, index) => ({
      id: device.id,
      label: device.label || heading,
      checked: devices.selected[kind] === null ? index === 0 : devices.selected[kind] === device.id,
    })),
    onChoose: (id) => void meeting.chooseDevice(kind, id),
  });
  const sharing = local.screen.status === "on";
  const sound = [group("microphone", t("device.microphone"))];
  if (canChooseSpeaker()) sound.push(group("speaker", t("device.speaker")));

  return (
    <div class="controls" role="toolbar" aria-label={t("control.bar")}>
      <DeviceToggle
        local={local.mic}
        icons={{ on: mic, off: micOff }}
        labels={{
          name: t("device.microphone"),
          on: t("control.mute"),
          off: t("control.unmute"),
          menu: t("device.chooseMic"),
        }}
        shortcut={SHORTCUTS.mic}
        testId="toggle-mic"
        groups={sound}
        onToggle={(on) => void meeting.setMic(on)}
        onOpenMenu={refresh}
      />
      <DeviceToggle
        local={local.camera}
        icons={{ on: camera, off: cameraOff }}
        labels={{
          name: t("device.camera"),
          on: t("control.stopCamera"),
          off: t("control.startCamera"),
          menu: t("device.chooseCamera"),
        }}
        shortcut={SHORTCUTS.camera}
        testId="toggle-camera"
        groups={[group("camera", t("device.camera"))]}
        onToggle={(on) => void meeting.setCamera(on)}
        onOpenMenu={refresh}
      />
      {canShareScreen() && (
        <IconButton
          icon={sharing ? screenOff : screen}
          label={sharing ? t("control.stopShare") : t("control.share")}
          name={t("control.share")}
          shortcut={SHORTCUTS.share}
          state={sharing ? "active" : "on"}
          pressed={sharing}
          disabled={local.screen.status === "starting"}
          testId="toggle-share"
          onClick={() => void meeting.setScreen(!sharing)}
        />
      )}
      <Button
        variant="danger"
        icon={leave}
        class="leave"
        label={t("control.leave")}
        testId="leave"
        onClick={() => void meeting.leave()}
      >
        {t("control.leave")}
      </Button>
    </div>
  );
}
