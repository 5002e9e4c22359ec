import { locale, t } from "../../i18n";
import { useMeeting } from "../context";
import { Icon } from "../kit/Icon";
import { viewers as eye } from "../kit/icons";

/** Which room this is, and how many watch. */
export function RoomInfo() {
  const { roomId } = useMeeting().state.value;
  return (
    <div class="room-info">
      <span class="room-name" title={roomId}>
        {roomId}
      </span>
      <ViewerCount />
    </div>
  );
}

/** How many watch a webinar; nothing in a call. */
export function ViewerCount() {
  const { viewers, interface: kind } = useMeeting().state.value;
  if (kind !== "webinar" && viewers === 0) return null;
  const text = t("room.viewers", { count: viewers });
  return (
    <span class="count" data-testid="viewer-count" data-count={viewers} title={text}>
      <Icon svg={eye} />
      <span aria-hidden="true">{viewers.toLocaleString(locale())}</span>
      <span class="visually-hidden">{text}</span>
    </span>
  );
}
