import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";

/** Asks once more before everybody is sent away. */
export function EndMeeting({ onClose }: { onClose: () => void }) {
  const { moderator } = useMeeting();
  const end = () => {
    onClose();
    void attempt(moderator.endMeeting());
  };
  return (
    <Dialog title={t("moderator.endTitle")} testId="end-dialog" onClose={onClose}>
      <p class="muted">{t("moderator.endText")}</p>
      <div class="dialog-actions">
        <Button testId="end-cancel" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button variant="danger" testId="end-confirm" onClick={end}>
          {t("moderator.endConfirm")}
        </Button>
      </div>
    </Dialog>
  );
}
