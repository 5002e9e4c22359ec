import { useEffect, useState } from "preact/hooks";
import type { Texts } from "./texts";
import type { Boot } from "./types";

const PAUSE_MS = 3000;

interface Props {
  boot: Exclude<Boot, { code: "ready" }>;
  texts: Texts;
}

/** Why there is nothing to watch, or not yet: then the page waits for it. */
export function Message({ boot, texts }: Props) {
  const { title, message } = texts.messages[boot.code];
  return (
    <div class="watch-message" data-testid="message" data-code={boot.code}>
      <h1>{title}</h1>
      <p class="muted">{message}</p>
      {boot.code === "pending" && <Progress state={boot.state} percent={boot.progress} texts={texts} />}
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

function Progress({ state, percent, texts }: { state: string; percent: number; texts: Texts }) {
  const [shown, setShown] = useState(percent);
  useEffect(() => {
    let timer = 0;
    async function ask(): Promise<void> {
      const answer = document.hidden ? null : await fetch(state, { cache: "no-store" }).catch(() => null);
      const told = (await answer?.json().catch(() => null)) as { code: string; progress?: number } | null;
      if (told && told.code !== "pending") {
        location.reload();
        return;
      }
      if (told?.progress !== undefined) setShown(told.progress);
      timer = window.setTimeout(ask, PAUSE_MS);
    }
    timer = window.setTimeout(ask, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div class="watch-progress" role="status">
      <progress max={100} value={shown} aria-label={texts.messages.pending.title} />
      <span class="muted">{texts.progress(shown)}</span>
    </div>
  );
}
