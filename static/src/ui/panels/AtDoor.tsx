import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { IconButton } from "../kit/IconButton";
import { close } from "../kit/icons";
import { LongList } from "../kit/LongList";
import { Group } from "./Group";
import { NameRow } from "./NameRow";

/** People who wait to be let in, one by one and all at once. */
export function AtDoor() {
  const { state, moderator } = useMeeting();
  const { waiting } = state.value;
  if (waiting.length === 0) return null;
  const admit = (peerId: string, admitted: boolean) => void attempt(moderator.admit(peerId, admitted));
  const all = (admitted: boolean) => void attempt(moderator.admitAll(admitted));
  return (
    <Group title={t("people.door")} count={waiting.length} wanted>
      <LongList
        items={waiting}
        row={({ peerId, displayName: name }, position) => (
          <NameRow
            peerId={peerId}
            name={name}
            testId="person"
            mark="waiting"
            key={peerId}
            position={position}
          >
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
          </NameRow>
        )}
      />
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
    </Group>
  );
}
