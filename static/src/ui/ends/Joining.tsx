import { useEffect } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { Spinner } from "../kit/Icon";
import { loader } from "../kit/icons";
import { MessageScreen } from "./MessageScreen";

/**
 * The short wait before the room. With `joinWhen` it is also what starts the entry, without a welcome screen, as soon
 * as that promise resolves: nobody around this page wants to decide it.
 */
export function Joining({ joinWhen }: { joinWhen?: Promise<void> }) {
  const meeting = useMeeting();
  useEffect(() => {
    if (!joinWhen) return;
    let over = false;
    void joinWhen.then(() => {
      const { phase, me } = meeting.state.peek();
      if (!over && phase === "welcome") void meeting.join(me.displayName || t("welcome.guest"));
    });
    return () => {
      over = true;
    };
  }, [joinWhen, meeting]);
  return <MessageScreen title={t("joining.title")} mark={<Spinner svg={loader} />} testId="joining" />;
}
