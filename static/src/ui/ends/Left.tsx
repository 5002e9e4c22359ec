import { t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { left } from "../kit/icons";
import { MessageScreen } from "./MessageScreen";

/** After leaving on purpose. */
export function Left() {
  const meeting = useMeeting();
  const { offersNew } = useView().state.value;
  return (
    <MessageScreen title={t("left.title")} text={t("left.hint")} mark={<Icon svg={left} />} testId="left">
      <Button
        variant="primary"
        testId="rejoin"
        onClick={() => void meeting.join(meeting.state.peek().me.displayName || t("welcome.guest"))}
      >
        {t("left.rejoin")}
      </Button>
      {offersNew && (
        <a class="button" href="/new">
          {t("left.new")}
        </a>
      )}
    </MessageScreen>
  );
}
