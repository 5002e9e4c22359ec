import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { LongList } from "../kit/LongList";
import { Group } from "./Group";
import { NameRow } from "./NameRow";

/** Who was removed and can't come back, the last one first. */
export function Removed() {
  const { state, moderator } = useMeeting();
  const { kicked } = state.value;
  if (kicked.length === 0) return null;
  return (
    <Group title={t("moderator.removed")} count={kicked.length}>
      <LongList
        items={[...kicked].reverse()}
        row={({ peerId, displayName: name }, position) => (
          <NameRow peerId={peerId} name={name} testId="removed" key={peerId} position={position}>
            <Button
              size="small"
              label={t("moderator.letBackOne", { name })}
              testId="let-back"
              onClick={() => void attempt(moderator.letBack(peerId))}
            >
              {t("moderator.letBack")}
            </Button>
          </NameRow>
        )}
      />
    </Group>
  );
}
