import { isKey, t, tDynamic } from "../../i18n";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { warning, wifiOff } from "../kit/icons";
import { MessageScreen } from "./MessageScreen";

/** What only the server's page can change, not another try of this one. */
const NEEDS_A_NEW_PAGE: readonly string[] = ["outdatedPage", "ticketInvalid"];

/** After the server or the network ended it: why, and how to get back in. */
export function Closed() {
  const meeting = useMeeting();
  const closed = meeting.state.value.closed;
  const code = closed?.code ?? "connectionLost";
  const reload = NEEDS_A_NEW_PAGE.includes(code);
  const hint = `closed.${code}.hint`;
  return (
    <MessageScreen
      title={tDynamic(`closed.${code}.title`, {}, "closed.title")}
      text={isKey(hint) ? tDynamic(hint, {}, "closed.title") : closed?.message}
      mark={<Icon svg={code === "connectionLost" ? wifiOff : warning} />}
      tone="warn"
      testId="closed"
    >
      <Button
        variant="primary"
        testId="retry"
        onClick={() => {
          if (reload) location.reload();
          else void meeting.join(meeting.state.peek().me.displayName || t("welcome.guest"));
        }}
      >
        {reload ? t("closed.reload") : t("closed.retry")}
      </Button>
    </MessageScreen>
  );
}
