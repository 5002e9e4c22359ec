import { Fragment } from "preact";
import { t } from "../../i18n/room";
import { Dialog } from "../kit/Dialog";
import { type Action, SHORTCUTS } from "../logic/keyboard";

interface Props {
  /** Those that do something for this person. */
  actions: readonly Action[];
  onClose: () => void;
}

/** The list of keys. */
export function Shortcuts({ actions, onClose }: Props) {
  return (
    <Dialog title={t("shortcuts.title")} testId="help" onClose={onClose}>
      <dl class="shortcuts">
        {actions.map((action) => (
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
