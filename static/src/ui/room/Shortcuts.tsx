import { Fragment } from "preact";
import { t } from "../../i18n";
import { Dialog } from "../kit/Dialog";
import { type Action, SHORTCUTS } from "../logic/keyboard";

const ACTIONS: readonly Action[] = ["mic", "camera", "share", "help"];

/** The list of keys. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("shortcuts.title")} onClose={onClose}>
      <dl class="shortcuts">
        {ACTIONS.map((action) => (
          <Fragment key={action}>
            <dt>{t(`shortcuts.${action}`)}</dt>
            <dd>
              <kbd>{SHORTCUTS[action]}</kbd>
            </dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
