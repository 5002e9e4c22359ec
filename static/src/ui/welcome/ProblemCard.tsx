import { t } from "../../i18n/room";
import { CheckLink } from "../CheckLink";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { warning } from "../kit/icons";
import { missingAllow, type Problem } from "../logic/problems";

/** Why a device gives nothing, what to do about it, and another try. */
export function ProblemCard({ problem }: { problem: Problem }) {
  const meeting = useMeeting();
  const retry = () => {
    if (problem.device !== "camera") void meeting.setMic(true);
    if (problem.device !== "mic") void meeting.setCamera(true);
  };
  const byFrame = problem.error === "denied" ? missingAllow(problem.device, document) : "";
  return (
    <div class="problem" role="alert" data-testid="media-problem" data-error={problem.error}>
      <Icon svg={warning} />
      <div class="problem-body">
        <strong>{t(`problem.${problem.error}.${problem.device}`)}</strong>
        <p>{byFrame ? t("problem.frame.hint", { allow: byFrame }) : t(`problem.${problem.error}.hint`)}</p>
        <div class="problem-actions">
          {problem.error !== "insecure" && (
            <Button size="small" onClick={retry}>
              {t("problem.retry")}
            </Button>
          )}
          <CheckLink />
        </div>
      </div>
    </div>
  );
}
