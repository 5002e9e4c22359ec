import { channelOf, choosable, liveIn } from "meet-client/room/interpretation";
import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { VolumeSlider } from "../kit/VolumeSlider";
import { BOOTH_KEYS } from "../logic/boothKeys";

/** What I interpret from: the original, or another language's interpreters; and how loud that is. */
export function Incoming() {
  const meeting = useMeeting();
  const state = meeting.state.value;
  const relay = state.me.listening;
  const channels = choosable(state);
  const heard = channelOf(state, relay);
  return (
    <section class="desk-card" aria-labelledby="incoming" data-testid="incoming">
      <h2 id="incoming">
        {t("booth.incoming")}
        {channels.length > 0 && (
          <span class="key" aria-hidden="true">
            {BOOTH_KEYS.relay}
          </span>
        )}
      </h2>
      <div class="relays" role="radiogroup" aria-labelledby="incoming">
        <Relay tag="" name={t("booth.floor")} chosen={relay === ""} live={false} />
        {channels.map(({ tag, name }) => (
          <Relay key={tag} tag={tag} name={name} chosen={relay === tag} live={liveIn(state, tag)} />
        ))}
      </div>
      {channels.length === 0 && <p class="desk-hint">{t("booth.noRelay")}</p>}
      <div class="desk-volume">
        <span class="field-label" aria-hidden="true">
          {heard ? t("booth.volumeOf", { language: heard.name }) : t("booth.floorVolume")}
        </span>
        <VolumeSlider />
      </div>
      {heard && (
        <p class="desk-hint" role="status">
          {liveIn(state, relay) ? t("booth.relayHint") : t("booth.relayQuiet", { language: heard.name })}
        </p>
      )}
    </section>
  );
}

interface RelayProps {
  tag: string;
  name: string;
  chosen: boolean;
  live: boolean;
}

function Relay({ tag, name, chosen, live }: RelayProps) {
  const meeting = useMeeting();
  return (
    <label class="relay" data-chosen={chosen ? "" : undefined} data-live={live ? "" : undefined}>
      <input
        type="radio"
        name="relay"
        class="visually-hidden"
        data-testid={`relay-${tag || "floor"}`}
        checked={chosen}
        onChange={() => void meeting.chooseLanguage(tag)}
      />
      <span lang={tag || undefined}>{name}</span>
      {live && <span class="live-dot" role="img" aria-label={t("booth.live")} title={t("booth.live")} />}
    </label>
  );
}
