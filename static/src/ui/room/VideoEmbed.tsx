import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting, useView } from "../context";
import { IconButton } from "../kit/IconButton";
import { close } from "../kit/icons";
import type { Rect } from "../layout/grid";
import { boxOf } from "./Tile";

interface Props {
  url: string;
  /** Null while it is on another page: it plays on, unseen. */
  rect: Rect | null;
  staged: boolean;
}

/** The player that everybody watches together. It stays where it is in the document: moved, it would start again. */
export function VideoEmbed({ url, rect, staged }: Props) {
  const { state, moderator } = useMeeting();
  const view = useView();
  const moderates = state.value.me.permissions.moderate && view.state.value.controlsVisible;
  return (
    <li
      class="tile"
      data-testid="video-embed"
      data-source="video"
      data-staged={staged ? "" : undefined}
      aria-label={t("tile.video")}
      style={rect ? boxOf(rect) : { visibility: "hidden", width: "320px", height: "180px" }}
    >
      <iframe
        src={url}
        title={t("tile.video")}
        sandbox="allow-scripts allow-same-origin allow-presentation allow-popups"
        allow="autoplay; encrypted-media; fullscreen; picture-in-picture"
        referrerpolicy="strict-origin-when-cross-origin"
      />
      {moderates && (
        <div class="tile-actions">
          <IconButton
            icon={close}
            label={t("tile.stopVideo")}
            variant="quiet"
            testId="stop-video"
            onClick={() => void attempt(moderator.stopVideo())}
          />
        </div>
      )}
    </li>
  );
}
