import { useEffect, useState } from "preact/hooks";
import type { NothingToWatch, PendingVideo, VideoProgress } from "../../wire/player";
import type { Texts } from "./texts";

const PAUSE_MS = 3000;

interface Props {
  boot: PendingVideo | NothingToWatch;
  texts: Texts;
}

/** Why there is nothing to watch, or not yet: then the page waits for it. */
export function Message({ boot, texts }: Props) {
  const { title, message } = texts.messages[boot.code];
  return (
    <div class="watch-message" data-testid="message" data-code={boot.code}>
      <h1>{title}</h1>
      <p class="muted">{message}</p>
      {boot.code === "pending" && <Progress stateUrl={boot.stateUrl} percent={boot.progress} texts={texts} />}
      {boot.code === "notFound" && boot.login && (
        <a
          class="button"
          data-variant="primary"
          href={boot.login}
          target={boot.embedded ? "_blank" : undefined}
          rel="noopener"
        >
          {texts.logIn}
        </a>
      )}
    </div>
  );
}

function Progress({ stateUrl, percent, texts }: { stateUrl: string; percent: number; texts: Texts }) {
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
      <progress max={100} value={shown} aria-label={texts.messages.pending.title} />
      <span class="muted">{texts.progress(shown)}</span>
    </div>
  );
}
