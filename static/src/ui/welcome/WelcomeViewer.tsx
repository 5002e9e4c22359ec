import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Field } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { viewers } from "../kit/icons";
import { BrandLogo, Logo } from "../kit/Logo";
import { useName } from "./useName";

/** The screen before a webinar for those who watch it: only a name is needed. */
export function WelcomeViewer() {
  const { roomId, brand } = useMeeting().state.value;
  const { field, join } = useName();
  return (
    <div class="welcome" data-testid="welcome" data-viewer="">
      <header class="welcome-head">
        {brand ? <BrandLogo brand={brand} /> : <Logo />}
        <span class="welcome-room" title={roomId}>
          {t("welcome.room", { room: roomId })}
        </span>
      </header>
      <main class="welcome-main" data-narrow="">
        <form class="welcome-form" onSubmit={join} noValidate>
          <div class="screen-mark">
            <Icon svg={viewers} />
          </div>
          <div class="welcome-words">
            <h1>{t("welcome.viewerTitle")}</h1>
            <p class="muted">{t("welcome.viewerHint")}</p>
          </div>
          <Field {...field} />
          <Button type="submit" variant="primary" size="large" wide testId="join">
            {t("welcome.join")}
          </Button>
        </form>
      </main>
    </div>
  );
}
