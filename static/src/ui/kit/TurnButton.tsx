import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { canTurn } from "../logic/turns";
import { IconButton } from "./IconButton";
import { turnCamera } from "./icons";

/** Changes to the camera that looks the other way; nothing where there is none, or mine is off. */
export function TurnButton() {
  const meeting = useMeeting();
  const { local, devices } = meeting.state.value;
  const { stream, status } = local.camera;
  if (status !== "on" || !canTurn(stream, devices.camera)) return null;
  return (
    <IconButton
      icon={turnCamera}
      label={t("control.otherCamera")}
      testId="other-camera"
      onClick={() => void meeting.otherCamera()}
    />
  );
}
