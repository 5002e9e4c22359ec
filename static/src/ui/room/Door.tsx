import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting, useView } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { door } from "../kit/icons";

/** For moderators: somebody is at the door. With a panel open that lists them, they stand in that. */
export function Door() {
  const meeting = useMeeting();
  const view = useView();
  const { waiting } = meeting.state.value;
  const first = waiting[0];
  const { panel } = view.state.value;
  if (!first || panel === "people" || panel === "moderator") return null;
  const { peerId, displayName: name } = first;
  return (
    <aside class="notice-bar door" data-testid="door" aria-label={t("people.door")}>
      <Icon svg={door} />
      <strong class="grow">
        {waiting.length === 1 ? t("door.one", { name }) : t("door.many", { count: waiting.length })}
      </strong>
      <div class="notice-actions">
        {waiting.length === 1 ? (
          <>
            <Button
              size="small"
              testId="reject"
              label={t("people.reject", { name })}
              onClick={() => void attempt(meeting.moderator.admit(peerId, false))}
            >
              {t("people.rejectShort")}
            </Button>
            <Button
              size="small"
              variant="primary"
              testId="admit"
              label={t("people.admitOne", { name })}
              onClick={() => void attempt(meeting.moderator.admit(peerId, true))}
            >
              {t("people.admit")}
            </Button>
          </>
        ) : (
          <Button size="small" variant="primary" onClick={() => view.setPanel("moderator")}>
            {t("door.show")}
          </Button>
        )}
      </div>
    </aside>
  );
}
