import { t } from "../../i18n/room";
import { useView } from "../context";
import { Slider } from "./Slider";

/** How loud all others are, and whether they are heard at all. */
export function VolumeSlider() {
  const view = useView();
  const { volume, soundMuted } = view.state.value;
  return (
    <Slider
      label={t("control.volume")}
      value={soundMuted ? 0 : volume}
      toggleLabel={soundMuted ? t("control.soundOn") : t("control.soundOff")}
      testId="volume"
      toggleTestId="mute-sound"
      onInput={(wanted) => {
        view.setVolume(wanted);
        view.setSoundMuted(false);
      }}
      onToggle={() => view.setSoundMuted(!soundMuted)}
    />
  );
}
