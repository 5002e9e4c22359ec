import { useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting, useView } from "../context";
import { Button } from "../kit/Button";
import { record, stop } from "../kit/icons";
import { recordedSince } from "../logic/recordedSince";
import { Group } from "./Group";

/** Starts and ends the recording, for moderators whose link lets them record. */
export function RecordingControl() {
  const { state, moderator } = useMeeting();
  const { recordingSince, me } = state.value;
  const { recordingsUrl } = useView().state.value;
  const [asking, setAsking] = useState(false);
  if (!me.permissions.record) return null;
  const ask = async (action: () => Promise<void>) => {
    setAsking(true);
    await attempt(action());
    setAsking(false);
  };
  return (
    <Group title={t("recording.title")}>
      <p class="group-hint muted">
        {recordingSince === null ? t("recording.hint") : recordedSince(recordingSince)}
      </p>
      <div class="moderator-grid">
        {recordingSince === null ? (
          <Button
            size="small"
            icon={record}
            disabled={asking}
            testId="start-recording"
            onClick={() => void ask(() => moderator.startRecording())}
          >
            {t("recording.start")}
          </Button>
        ) : (
          <Button
            size="small"
            icon={stop}
            disabled={asking}
            testId="stop-recording"
            onClick={() => void ask(() => moderator.stopRecording())}
          >
            {t("recording.stop")}
          </Button>
        )}
      </div>
      {recordingsUrl && (
        <a class="group-link" href={recordingsUrl} target="_blank" rel="noopener">
          {t("recording.all")}
        </a>
      )}
    </Group>
  );
}
