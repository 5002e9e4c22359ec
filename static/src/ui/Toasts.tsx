import { t, tDynamic } from "../i18n";
import type { Notice } from "../store/types";
import { useMeeting } from "./context";
import { Icon } from "./kit/Icon";
import { IconButton } from "./kit/IconButton";
import { close, info, warning } from "./kit/icons";
import { dismissLocal, localNotices } from "./localNotices";

const AT_MOST = 3;

/** Short messages over the page, the newest lowest; who made them takes them away after a while. */
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
  return (
    <div class="toast" data-testid="toast" data-level={notice.level}>
      <Icon svg={notice.level === "info" ? info : warning} />
      <span>{tDynamic(notice.key, notice.values, "notice.unknown")}</span>
      <IconButton icon={close} label={t("common.dismiss")} variant="quiet" onClick={onDismiss} />
    </div>
  );
}
