import { locale, t } from "../i18n/room";
import { useMeeting } from "./context";
import { checkPath, leaveFor } from "./logic/wayToCheck";

/** Leads to the page that checks devices and network; from there a link leads back here. */
export function CheckLink() {
  const { roomId } = useMeeting().state.value;
  return (
    <a
      class="button"
      data-size="small"
      data-variant="quiet"
      data-testid="to-check"
      href={checkPath(roomId, locale())}
      onClick={() => leaveFor(location, () => window.sessionStorage)}
    >
      {t("problem.check")}
    </a>
  );
}
