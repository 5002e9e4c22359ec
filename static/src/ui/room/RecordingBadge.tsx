import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { notify } from "../localNotices";
import { recordedSince } from "../logic/recordedSince";

/** Tells everybody, at any time and in any layout, that the meeting is being recorded. */
export function RecordingBadge() {
  const { recordingSince } = useMeeting().state.value;
  useRecordingNotice(recordingSince !== null);
  if (recordingSince === null) return null;
  return (
    <div class="recording-badge" data-testid="recording" title={recordedSince(recordingSince)}>
      <span class="recording-dot" aria-hidden="true" />
      {t("recording.badge")}
      <span class="visually-hidden">{t("recording.on")}</span>
    </div>
  );
}

/** A message when it begins or ends while somebody is there, and for who comes into a meeting that is recorded. */
function useRecordingNotice(recorded: boolean): void {
  const before = useRef(false);
  useEffect(() => {
    if (before.current !== recorded) notify("info", recorded ? "recording.on" : "recording.off");
    before.current = recorded;
  }, [recorded]);
}
