import { useEffect } from "preact/hooks";
import { t, tDynamic } from "../i18n";
import type { Notice } from "../store/types";
import { useMeeting } from "./context";
import { Icon } from "./kit/Icon";
import { IconButton } from "./kit/IconButton";
import { close, info, warning } from "./kit/icons";
import { dismissLocal, localNotices } from "./localNotices";

/** How long a toast stays, in ms: errors longer, because one has to do something about them. */
const STAY_MS: Record<Notice["level"], number> = { info: 4000, warning: 7000, error: 10000 };
const AT_MOST = 3;

/** Short messages over the page that go away by themselves, the newest lowest. */
export function Toasts() {
  const meeting = useMeeting();
  const ours = localNotices.value;
  const theirs = meeting.state.value.notices;
  return (
    <div class="toasts" role="status" aria-live="polite">
      {theirs.slice(-AT_MOST).map((notice) => (
        <Toast key={notice.id} notice={notice} onDismiss={() => meeting.dismissNotice(notice.id)} />
      ))}
      {ours.slice(-AT_MOST).map((notice) => (
        <Toast key={notice.id} notice={notice} onDismiss={() => dismissLocal(notice.id)} />
      ))}
    </div>
  );
}

function Toast({ notice, onDismiss }: { notice: Notice; onDismiss: () => void }) {
  // A notice never changes, and its time starts once, however often the list around it is drawn.
  useEffect(() => {
    const timer = setTimeout(onDismiss, STAY_MS[notice.level]);
    return () => clearTimeout(timer);
  }, [notice.id]);
  return (
    <div class="toast" data-testid="toast" data-level={notice.level}>
      <Icon svg={notice.level === "info" ? info : warning} />
      <span>{tDynamic(notice.key, notice.values, "notice.unknown")}</span>
      <IconButton icon={close} label={t("common.dismiss")} variant="quiet" onClick={onDismiss} />
    </div>
  );
}
