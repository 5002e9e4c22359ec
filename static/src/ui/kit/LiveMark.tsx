import { t } from "../../i18n/room";

/** Whether somebody speaks into a language's channel at the moment. */
export function LiveMark({ live, interrupted = false }: { live: boolean; interrupted?: boolean }) {
  return (
    <span class="live-mark" data-live={live ? "" : undefined}>
      {live ? t("language.live") : interrupted ? t("language.interrupted") : t("language.quiet")}
    </span>
  );
}
