import { t, tDynamic } from "../i18n/room";
import type { Notice } from "../store/types";
import { useMeeting } from "./context";
import { Button } from "./kit/Button";
import { Icon } from "./kit/Icon";
import { IconButton } from "./kit/IconButton";
import { close, info, warning } from "./kit/icons";
import { dismissLocal, localNotices, type NoticeAction } from "./localNotices";

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
        <Toast
          key={notice.id}
          notice={notice}
          action={notice.action}
          onDismiss={() => dismissLocal(notice.id)}
        />
      ))}
    </div>
  );
}

interface ToastProps {
  notice: Notice;
  action?: NoticeAction | null;
  onDismiss: () => void;
}

function Toast({ notice, action, onDismiss }: ToastProps) {
  return (
    <div class="toast" data-testid="toast" data-level={notice.level}>
      <Icon svg={notice.level === "info" ? info : warning} />
      <span>{tDynamic(notice.key, notice.values, "notice.unknown")}</span>
      {action && (
        <Button
          size="small"
          testId="toast-action"
          onClick={() => {
            action.run();
            onDismiss();
          }}
        >
          {t(action.key)}
        </Button>
      )}
      <IconButton icon={close} label={t("common.dismiss")} variant="quiet" onClick={onDismiss} />
    </div>
  );
}
