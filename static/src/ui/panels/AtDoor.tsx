import { t } from "../../i18n";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { IconButton } from "../kit/IconButton";
import { close } from "../kit/icons";

/** People who wait to be let in, one by one and all at once. */
export function AtDoor() {
  const { state, moderator } = useMeeting();
  const { waiting } = state.value;
  if (waiting.length === 0) return null;
  const admit = (peerId: string, admitted: boolean) => void attempt(moderator.admit(peerId, admitted));
  const all = (admitted: boolean) => void attempt(moderator.admitAll(admitted));
  return (
    <section class="people-group" data-tone="wanted" aria-label={t("people.door")}>
      <header class="people-head">
        <h3>
          {t("people.door")} <span class="people-count">{waiting.length}</span>
        </h3>
      </header>
      <ul>
        {waiting.map(({ peerId, displayName: name }) => (
          <li class="person" data-testid="person" data-peer-id={peerId} data-waiting="" key={peerId}>
            <Avatar name={name} identity={peerId} />
            <div class="person-text">
              <span class="person-name" title={name}>
                {name}
              </span>
            </div>
            <div class="person-actions">
              <IconButton
                icon={close}
                label={t("people.reject", { name })}
                variant="quiet"
                testId="reject"
                onClick={() => admit(peerId, false)}
              />
              <Button
                size="small"
                variant="primary"
                label={t("people.admitOne", { name })}
                testId="admit"
                onClick={() => admit(peerId, true)}
              >
                {t("people.admit")}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {waiting.length > 1 && (
        <div class="people-all">
          <Button size="small" variant="quiet" testId="reject-all" onClick={() => all(false)}>
            {t("people.rejectAll")}
          </Button>
          <Button size="small" testId="admit-all" onClick={() => all(true)}>
            {t("people.admitAll")}
          </Button>
        </div>
      )}
    </section>
  );
}
