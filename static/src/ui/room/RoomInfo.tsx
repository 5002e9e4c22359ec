import { locale, t } from "../../i18n";
import { useMeeting } from "../context";
import { Icon } from "../kit/Icon";
import { viewers as eye, locked } from "../kit/icons";
import { BrandLogo } from "../kit/Logo";

/** Whose room this is and which, whether it is locked, and how many watch. */
export function RoomInfo() {
  const { roomId, brand, rules } = useMeeting().state.value;
  return (
    <div class="room-info">
      {brand && <BrandLogo brand={brand} />}
      <span class="room-name" title={roomId}>
        {roomId}
      </span>
      {rules.locked && (
        <span class="room-locked" title={t("room.locked")} data-testid="room-locked">
          <Icon svg={locked} />
          <span class="visually-hidden">{t("room.locked")}</span>
        </span>
      )}
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
