import { t } from "../../i18n/room";

/** Whether an interpreter's microphone is on, and what is said where it is not. */
export function LiveMark({ live, quiet }: { live: boolean; quiet: string }) {
  return (
    <span class="live-mark" data-live={live ? "" : undefined}>
      {live ? t("language.live") : quiet}
    </span>
  );
}
