import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import { useMeeting } from "../context";
import { Spinner } from "../kit/Icon";
import { loader } from "../kit/icons";
import { MessageScreen } from "./MessageScreen";

/** The short wait before the room. With `joinAtOnce` it is also what starts the entry, without a welcome screen. */
export function Joining({ joinAtOnce = false }: { joinAtOnce?: boolean }) {
  const meeting = useMeeting();
  useEffect(() => {
    if (joinAtOnce) void meeting.join(meeting.state.peek().me.displayName || t("welcome.guest"));
  }, [joinAtOnce, meeting]);
  return <MessageScreen title={t("joining.title")} mark={<Spinner svg={loader} />} testId="joining" />;
}
