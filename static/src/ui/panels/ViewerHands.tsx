import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { IconButton } from "../kit/IconButton";
import { close } from "../kit/icons";
import { LongList } from "../kit/LongList";
import { Group } from "./Group";
import { NameRow } from "./NameRow";

/** A webinar's viewers who want to speak, in the order of asking. */
export function ViewerHands() {
  const { state, moderator } = useMeeting();
  const { viewerHands } = state.value;
  if (viewerHands.length === 0) return null;
  return (
    <Group title={t("people.hands")} count={viewerHands.length} wanted>
      <LongList
        items={viewerHands}
        row={({ peerId, displayName: name }, position) => (
          <NameRow peerId={peerId} name={name} testId="person" mark="viewer" key={peerId} position={position}>
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
          </NameRow>
        )}
      />
    </Group>
  );
}
