import { t } from "../../i18n";
import { CopyButton } from "../kit/CopyButton";

/** While nobody else is here: the link that brings them. */
export function Alone({ url }: { url: string }) {
  return (
    <aside class="notice-bar alone" data-testid="alone">
      <div class="grow">
        <strong>{t("room.alone")}</strong>
        <p class="muted">{t("room.aloneHint")}</p>
      </div>
      <CopyButton url={url} variant="primary" size="small" testId="invite-copy" />
    </aside>
  );
}
