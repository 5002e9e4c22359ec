import { t } from "../../i18n";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { IconButton } from "../kit/IconButton";
import { close } from "../kit/icons";

/** A webinar's viewers who want to speak, in the order of asking. */
export function ViewerHands() {
  const { state, moderator } = useMeeting();
  const { viewerHands } = state.value;
  if (viewerHands.length === 0) return null;
  return (
    <section class="people-group" data-tone="wanted" aria-label={t("people.hands")}>
      <header class="people-head">
        <h3>
          {t("people.hands")} <span class="people-count">{viewerHands.length}</span>
        </h3>
      </header>
      <ul>
        {viewerHands.map(({ peerId, displayName: name }) => (
          <li class="person" data-testid="person" data-peer-id={peerId} data-viewer="" key={peerId}>
            <Avatar name={name} identity={peerId} />
            <div class="person-text">
              <span class="person-name" title={name}>
                {name}
              </span>
            </div>
            <div class="person-actions">
              <IconButton
                icon={close}
                label={t("people.lowerHandOf", { name })}
                variant="quiet"
                testId="lower-hand"
                onClick={() => void attempt(moderator.lowerHand(peerId))}
              />
              <Button
                size="small"
                variant="primary"
                label={t("people.toStageOne", { name })}
                testId="to-stage"
                onClick={() => void attempt(moderator.setOnStage(peerId, true))}
              >
                {t("people.toStage")}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
