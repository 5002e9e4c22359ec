import { t } from "../../i18n/room";
import { useView } from "../context";
import { IconButton } from "./IconButton";
import { soundOff, speaker } from "./icons";

/** How loud all others are, and whether they are heard at all. */
export function VolumeSlider() {
  const view = useView();
  const { volume, soundMuted } = view.state.value;
  return (
    <div class="volume">
      <IconButton
        icon={soundMuted ? soundOff : speaker}
        label={soundMuted ? t("control.soundOn") : t("control.soundOff")}
        variant="quiet"
        testId="mute-sound"
        onClick={() => view.setSoundMuted(!soundMuted)}
      />
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={soundMuted ? 0 : volume}
        style={{ "--part": `${soundMuted ? 0 : volume}%` }}
        aria-label={t("control.volume")}
        data-testid="volume"
        onInput={(event) => {
          view.setVolume(Number(event.currentTarget.value));
          view.setSoundMuted(false);
        }}
      />
      <output aria-hidden="true">{soundMuted ? 0 : volume}</output>
    </div>
  );
}
