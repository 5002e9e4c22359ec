import { t } from "../../i18n/room";
import { Icon } from "../kit/Icon";
import { people } from "../kit/icons";

/** What a webinar's viewer sees before anybody speaks. */
export function NoSpeakers() {
  return (
    <div class="tiles-empty" data-testid="no-speakers">
      <div class="screen-mark">
        <Icon svg={people} />
      </div>
      <h2>{t("room.noSpeakers")}</h2>
      <p class="muted">{t("room.noSpeakersHint")}</p>
    </div>
  );
}
