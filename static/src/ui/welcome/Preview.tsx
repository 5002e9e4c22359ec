import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { Avatar } from "../kit/Avatar";
import { Spinner } from "../kit/Icon";
import { IconButton } from "../kit/IconButton";
import { camera, cameraOff, loader, mic, micOff } from "../kit/icons";
import { looksAtUser, StreamVideo } from "../kit/StreamVideo";
import { TurnButton } from "../kit/TurnButton";
import { LevelMeter } from "./LevelMeter";

/** My camera as a mirror, with the switches of both devices. */
export function Preview({ name }: { name: string }) {
  const meeting = useMeeting();
  const { local, me } = meeting.state.value;
  const picture = local.camera.status === "on" ? local.camera.stream : null;
  const micOn = local.mic.status === "on";
  const cameraOn = local.camera.status === "on";
  return (
    <section class="preview" data-testid="preview" aria-label={t("welcome.preview")}>
      {picture ? (
        <StreamVideo stream={picture} mirrored={looksAtUser(picture)} />
      ) : (
        <div class="preview-empty">
          {local.camera.status === "starting" ? (
            <Spinner svg={loader} />
          ) : (
            <Avatar name={name} identity={me.peerId} />
          )}
          {me.permissions.camera && (
            <span>
              {local.camera.status === "starting" ? t("welcome.cameraStarting") : t("welcome.cameraOff")}
            </span>
          )}
        </div>
      )}
      {micOn && local.mic.stream && <LevelMeter stream={local.mic.stream} />}
      <div class="preview-controls">
        {me.permissions.mic && (
          <IconButton
            icon={micOn ? mic : micOff}
            label={micOn ? t("control.mute") : t("control.unmute")}
            name={t("device.microphone")}
            state={micOn ? "on" : "off"}
            pressed={micOn}
            disabled={local.mic.status === "starting"}
            testId="toggle-mic"
            onClick={() => void meeting.setMic(!micOn)}
          />
        )}
        {me.permissions.camera && (
          <IconButton
            icon={cameraOn ? camera : cameraOff}
            label={cameraOn ? t("control.stopCamera") : t("control.startCamera")}
            name={t("device.camera")}
            state={cameraOn ? "on" : "off"}
            pressed={cameraOn}
            disabled={local.camera.status === "starting"}
            testId="toggle-camera"
            onClick={() => void meeting.setCamera(!cameraOn)}
          />
        )}
        {me.permissions.camera && <TurnButton />}
      </div>
    </section>
  );
}
