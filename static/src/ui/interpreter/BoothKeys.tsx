import { Fragment } from "preact";
import { type PlainKey, t } from "../../i18n/room";
import { Dialog } from "../kit/Dialog";
import { BOOTH_KEYS, type BoothAction } from "../logic/boothKeys";

const LINES: readonly [Exclude<BoothAction, "mic">, PlainKey][] = [
  ["cough", "booth.keys.cough"],
  ["handover", "booth.keys.handover"],
  ["cancel", "booth.keys.cancel"],
  ["relay", "booth.keys.relay"],
  ["chat", "shortcuts.chat"],
  ["people", "shortcuts.people"],
  ["fullscreen", "shortcuts.fullscreen"],
  ["help", "shortcuts.help"],
];

/** The list of a booth's keys. */
export function BoothKeys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("shortcuts.title")} testId="help" onClose={onClose}>
      <dl class="shortcuts">
        <dt>{t("shortcuts.mic")}</dt>
        <dd>
          <kbd>{t("booth.space")}</kbd>
        </dd>
        {LINES.map(([action, key]) => (
          <Fragment key={action}>
            <dt>{t(key)}</dt>
            <dd>
              <kbd>{BOOTH_KEYS[action]}</kbd>
            </dd>
          </Fragment>
        ))}
      </dl>
      <p class="muted desk-hint">{t("booth.keys.enter")}</p>
    </Dialog>
  );
}
