import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { useView } from "../context";
import { useFloating } from "../hooks/useFloating";
import { IconButton } from "../kit/IconButton";
import { soundOff, speaker } from "../kit/icons";
import { VolumeSlider } from "../kit/VolumeSlider";

/** A viewer's sound: opens the volume above itself. */
export function VolumeButton() {
  const view = useView();
  const { soundMuted } = view.state.value;
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  useFloating({ anchor, box, open, side: "above", align: "centre", onDismiss: () => setOpen(false) });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what is inside
    <div
      class="menu-anchor"
      ref={anchor}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        setOpen(false);
        button.current?.focus();
      }}
    >
      <IconButton
        buttonRef={button}
        icon={soundMuted ? soundOff : speaker}
        label={t("control.volume")}
        state={soundMuted ? "off" : "on"}
        popup="dialog"
        expanded={open}
        testId="toggle-volume"
        onClick={() => setOpen(!open)}
      />
      {open && (
        <div class="menu volume-box" role="dialog" aria-label={t("control.volume")} ref={box}>
          <VolumeSlider />
        </div>
      )}
    </div>
  );
}
