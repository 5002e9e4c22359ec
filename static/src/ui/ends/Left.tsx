import { t } from "../../i18n";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { left } from "../kit/icons";
import { MessageScreen } from "./MessageScreen";

/** After leaving on purpose. */
export function Left() {
  const meeting = useMeeting();
  return (
    <MessageScreen title={t("left.title")} text={t("left.hint")} mark={<Icon svg={left} />} testId="left">
      <Button
        variant="primary"
        testId="rejoin"
        onClick={() => void meeting.join(meeting.state.peek().me.displayName || t("welcome.guest"))}
      >
        {t("left.rejoin")}
      </Button>
      <a class="button" href="/new" target={window.top === window ? undefined : "_blank"} rel="noopener">
        {t("left.new")}
      </a>
    </MessageScreen>
  );
}
