import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { door } from "../kit/icons";
import { MessageScreen } from "./MessageScreen";

/** At the door: a moderator has to open it. */
export function Waiting() {
  const meeting = useMeeting();
  return (
    <MessageScreen
      title={t("waiting.title")}
      text={t("waiting.hint")}
      mark={<Icon svg={door} class="knocking" />}
      testId="waiting"
    >
      <Button testId="stop-waiting" onClick={() => void meeting.leave()}>
        {t("waiting.cancel")}
      </Button>
    </MessageScreen>
  );
}
