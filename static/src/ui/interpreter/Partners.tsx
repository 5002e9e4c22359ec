import { interpretersOf, isLive } from "meet-client/room/interpretation";
import { t } from "../../i18n/room";
import type { Peer } from "../../store/types";
import { useMeeting } from "../context";
import { Avatar } from "../kit/Avatar";
import { HandoverBox } from "./HandoverBox";
import { Meter } from "./Meter";
import type { TurnView } from "./useTurn";

/** Who else interprets into my language, who of them is live, and how we relieve each other. */
export function Partners({ turn }: { turn: TurnView }) {
  const state = useMeeting().state.value;
  const partners = interpretersOf(state, state.me.language);
  return (
    <section class="desk-card" aria-labelledby="partners" data-testid="partners">
      <h2 id="partners">{t("booth.partners")}</h2>
      {partners.length > 0 ? (
        <ul class="partners">
          {partners.map((partner) => (
            <Partner key={partner.id} partner={partner} />
          ))}
        </ul>
      ) : (
        <p class="desk-hint">{t("booth.noPartners")}</p>
      )}
      <HandoverBox turn={turn} />
    </section>
  );
}

function Partner({ partner }: { partner: Peer }) {
  const { id, displayName, tracks } = partner;
  const live = isLive(partner);
  return (
    <li class="partner" data-testid="partner" data-peer-id={id} data-live={String(live)}>
      <Avatar name={displayName} identity={id} />
      <span class="partner-name" title={displayName}>
        {displayName}
      </span>
      <span class="partner-state">{live ? t("booth.live") : t("booth.muted")}</span>
      <Meter
        label={t("booth.levelOf", { name: displayName })}
        stream={live ? (tracks.mic?.stream ?? null) : null}
      />
    </li>
  );
}
