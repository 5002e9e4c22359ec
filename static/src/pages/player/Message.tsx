import { useEffect, useState } from "preact/hooks";
import type { PlayerTexts } from "../../i18n/player";
import type { NothingToWatch, PendingVideo, VideoProgress } from "../../wire/player";

const PAUSE_MS = 3000;

interface Props {
  boot: PendingVideo | NothingToWatch;
  texts: PlayerTexts;
}

/** Why there is nothing to watch, or not yet: then the page waits for it. */
export function Message({ boot, texts }: Props) {
  return (
    <div class="watch-message" data-testid="message" data-code={boot.code}>
      <h1>{texts.t(`message.${boot.code}.title`)}</h1>
      <p class="muted">{texts.t(`message.${boot.code}.message`)}</p>
      {boot.code === "pending" && <Progress stateUrl={boot.stateUrl} percent={boot.progress} texts={texts} />}
      {boot.code === "notFound" && boot.login && (
        <a
          class="button"
          data-variant="primary"
          href={boot.login}
          target={boot.embedded ? "_blank" : undefined}
          rel="noopener"
        >
          {texts.t("page.logIn")}
        </a>
      )}
    </div>
  );
}

function Progress({ stateUrl, percent, texts }: { stateUrl: string; percent: number; texts: PlayerTexts }) {
  const [shown, setShown] = useState(percent);
  useEffect(() => {
    let timer = 0;
    async function ask(): Promise<void> {
      const answer = document.hidden ? null : await fetch(stateUrl, { cache: "no-store" }).catch(() => null);
      const told = (await answer?.json().catch(() => null)) as VideoProgress | null;
      if (told && told.code !== "pending") {
        location.reload();
        return;
      }
      if (told?.progress !== undefined) setShown(told.progress);
      timer = window.setTimeout(ask, PAUSE_MS);
    }
    timer = window.setTimeout(ask, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [stateUrl]);
  return (
    <div class="watch-progress" role="status">
      <progress max={100} value={shown} aria-label={texts.t("message.pending.title")} />
      <span class="muted">{texts.t("player.progress", { percent: shown })}</span>
    </div>
  );
}
