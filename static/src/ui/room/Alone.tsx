import { t } from "../../i18n/room";
import { useView } from "../context";
import { CopyButton } from "../kit/CopyButton";

/** While nobody else is here: the link that brings them, where there is one. */
export function Alone() {
  const { inviteUrl } = useView().state.value;
  return (
    <aside class="notice-bar alone" data-testid="alone">
      <div class="grow">
        <strong>{t("room.alone")}</strong>
        {inviteUrl !== null && <p class="muted">{t("room.aloneHint")}</p>}
      </div>
      {inviteUrl !== null && (
        <CopyButton url={inviteUrl} variant="primary" size="small" testId="invite-copy" />
      )}
    </aside>
  );
}
