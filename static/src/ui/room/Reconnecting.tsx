import { t } from "../../i18n/room";
import { Spinner } from "../kit/Icon";
import { loader } from "../kit/icons";

/** Says that the connection is lost and is being looked for. */
export function Reconnecting() {
  return (
    <div class="notice-bar" data-tone="warn" data-testid="reconnecting" role="status">
      <Spinner svg={loader} />
      <div class="grow">
        <strong>{t("reconnecting.title")}</strong> <span class="hint">{t("reconnecting.hint")}</span>
      </div>
    </div>
  );
}
