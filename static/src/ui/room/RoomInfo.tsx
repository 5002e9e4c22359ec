import { localesOf } from "../../i18n/language";
import { locale, t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
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

/** How many watch a webinar; nothing in a call. Moderators are led to the list of them. */
export function ViewerCount() {
  const { viewers, interface: kind, me } = useMeeting().state.value;
  const view = useView();
  if (kind !== "webinar" && viewers === 0) return null;
  const text = t("room.viewers", { count: viewers });
  const inside = (
    <>
      <Icon svg={eye} />
      <span aria-hidden="true">{viewers.toLocaleString(localesOf(locale()))}</span>
      <span class="visually-hidden">{text}</span>
    </>
  );
  const common = { class: "count", "data-testid": "viewer-count", "data-count": viewers, title: text };
  return me.permissions.moderate ? (
    <button type="button" {...common} onClick={() => view.setPanel("people")}>
      {inside}
    </button>
  ) : (
    <span {...common}>{inside}</span>
  );
}
