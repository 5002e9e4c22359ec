import { useId } from "preact/hooks";
import { t } from "../../i18n/room";
import type { Asked } from "../../store/types";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { camera, mic, screen } from "../kit/icons";
import { canShareScreen } from "./screenShare";

const ICONS = { mic, camera, screen };

/**
 * What moderators ask me to turn on, one question after the other. It takes no focus: whoever is typing must not turn
 * on a microphone by the next key.
 */
export function AskedToTurnOn() {
  const { asked } = useMeeting().state.value;
  const first = asked[0];
  return first ? <Question key={first.device} asked={first} /> : null;
}

function Question({ asked: { device, displayName } }: { asked: Asked }) {
  const meeting = useMeeting();
  const id = useId();
  const possible = device !== "screen" || canShareScreen();
  const answer = (on: boolean) => void meeting.answer(device, on);
  return (
    <div
      class="asked"
      role="alertdialog"
      aria-labelledby={id}
      data-testid="asked"
      data-device={device}
      onKeyDown={(event) => {
        if (event.key === "Escape") answer(false);
      }}
    >
      <Icon svg={ICONS[device]} class="asked-icon" />
      <div class="asked-text">
        <strong id={id}>{t(`asked.${device}`, { name: displayName || t("asked.somebody") })}</strong>
        {!possible && <span class="muted">{t("asked.cantShare")}</span>}
      </div>
      <div class="notice-actions">
        <Button size="small" testId="asked-not-now" onClick={() => answer(false)}>
          {t("asked.notNow")}
        </Button>
        {possible && (
          <Button size="small" variant="primary" testId="asked-turn-on" onClick={() => answer(true)}>
            {t(device === "screen" ? "control.share" : "asked.turnOn")}
          </Button>
        )}
      </div>
    </div>
  );
}
