import { t } from "../../i18n/room";
import type { DeviceKind } from "../../store/types";
import { useMeeting } from "../context";
import { camera, mic, speaker } from "../kit/icons";
import { Select } from "../kit/Select";
import { canChooseSpeaker } from "../room/sink";

const ICONS: Record<DeviceKind, string> = { microphone: mic, camera, speaker };
const LABELS = {
  microphone: "device.microphone",
  camera: "device.camera",
  speaker: "device.speaker",
} as const;

/** Which microphone, which camera, and where the sound goes. */
export function DevicePickers({ labelled = false }: { labelled?: boolean }) {
  const meeting = useMeeting();
  const { devices, me } = meeting.state.value;
  const kinds: DeviceKind[] = [];
  if (me.permissions.mic) kinds.push("microphone");
  if (me.permissions.camera) kinds.push("camera");
  if (canChooseSpeaker()) kinds.push("speaker");
  return (
    <div class="device-pickers">
      {kinds.map((kind) => (
        <Select
          key={kind}
          label={t(LABELS[kind])}
          labelled={labelled}
          icon={ICONS[kind]}
          value={devices.selected[kind] ?? devices[kind][0]?.id ?? ""}
          options={devices[kind].map((device) => ({
            value: device.id,
            label: device.label || t(LABELS[kind]),
          }))}
          empty={kind === "speaker" ? t("device.default") : t("device.none")}
          testId={`pick-${kind}`}
          onChange={(id) => void meeting.chooseDevice(kind, id)}
        />
      ))}
    </div>
  );
}
