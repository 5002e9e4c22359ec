import { t } from "../../i18n";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";

/** Who was removed and can't come back, the last one first. */
export function Removed() {
  const { state, moderator } = useMeeting();
  const { kicked } = state.value;
  if (kicked.length === 0) return null;
  return (
    <section class="people-group" aria-label={t("moderator.removed")}>
      <header class="people-head">
        <h3>
          {t("moderator.removed")} <span class="people-count">{kicked.length}</span>
        </h3>
      </header>
      <ul>
        {[...kicked].reverse().map(({ peerId, displayName: name }) => (
          <li class="person" data-testid="removed" data-peer-id={peerId} key={peerId}>
            <Avatar name={name} identity={peerId} />
            <div class="person-text">
              <span class="person-name" title={name}>
                {name}
              </span>
            </div>
            <div class="person-actions">
              <Button
                size="small"
                label={t("moderator.letBackOne", { name })}
                testId="let-back"
                onClick={() => void attempt(moderator.letBack(peerId))}
              >
                {t("moderator.letBack")}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
