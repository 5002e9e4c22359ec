import { t } from "../../i18n/room";
import { Icon } from "../kit/Icon";
import { warning } from "../kit/icons";
import { MessageScreen } from "./MessageScreen";

/** In a frame that can't hold a meeting: what the page around it has to add. */
export function Sandboxed() {
  return (
    <MessageScreen
      title={t("closed.sandboxed.title")}
      text={t("closed.sandboxed.hint")}
      mark={<Icon svg={warning} />}
      tone="warn"
      testId="closed"
      code="sandboxed"
    />
  );
}
