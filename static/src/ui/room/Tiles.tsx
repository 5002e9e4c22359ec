import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
import { useSize } from "../hooks/useSize";
import { useSwipe } from "../hooks/useSwipe";
import { useZoomed } from "../hooks/useZoomed";
import { arrangeAround, clampPage } from "../layout/arrange";
import {
  inOrderOfAppearance,
  lastSpeaker,
  speakerFirst,
  stagedKey,
  tileKey,
  tilesOf,
  VIDEO_KEY,
} from "../layout/tiles";
import { embedUrl } from "../logic/embed";
import { speakerOnStage } from "../logic/rememberedSwitch";
import { NoSpeakers } from "./NoSpeakers";
import { Pager } from "./Pager";
import { Tile } from "./Tile";
import { VideoEmbed } from "./VideoEmbed";

interface Props {
  /** Who speaks has the stage where nothing else does, and is the first beside it otherwise. */
  speakerLarge?: boolean;
}

/** All the tiles of a page, each at the place that the layout gives it; a tile that moves keeps its video. */
export function Tiles({ speakerLarge = false }: Props) {
  const meeting = useMeeting();
  const view = useView();
  const { pinned, minimizeTiles, sortPeers, ownScreenShown } = view.state.value;
  const area = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(area);
  const [wantedPage, setPage] = useState(0);
  const appearance = useRef<string[]>([]);
  const speaker = useRef<string | null>(null);

  const state = meeting.state.value;
  const videoUrl = embedUrl(state.videoUrl, location.origin) ?? "";
  const present = tilesOf({ ...state, videoUrl }, sortPeers).filter(
    ({ self, source }) => ownScreenShown || !self || source !== "screen",
  );
  appearance.current = inOrderOfAppearance(
    appearance.current,
    present.filter((tile) => tile.source === "screen").map((tile) => tile.key),
  );
  speaker.current = lastSpeaker(present, speaker.current, state.dominantSpeaker);
  const tiles = speakerLarge ? speakerFirst(present, speaker.current) : present;
  const chosen = stagedKey(tiles, appearance.current, pinned);
  const staged = chosen ?? (speakerLarge && speaker.current ? tileKey(speaker.current, "camera") : null);
  const { placed, page, pages } = arrangeAround(
    speakerOnStage.on.value ? speaker.current : null,
    tiles,
    staged,
    wantedPage,
    width,
    height,
    minimizeTiles,
  );
  const leafs = !useZoomed() && pages > 1;
  useSwipe(area, leafs, (step) => setPage(clampPage(page + step, pages)));
  const video = placed.find((each) => each.tile.key === VIDEO_KEY);

  return (
    <>
      <div
        class="tiles"
        data-testid={placed.some((each) => each.staged) ? "stage" : undefined}
        data-leafs={leafs ? "" : undefined}
        ref={area}
      >
        {/* biome-ignore lint/a11y/noRedundantRoles: Safari takes the role from a list without bullets */}
        <ul role="list" aria-label={t("tiles.label")}>
          {videoUrl && (
            <VideoEmbed url={videoUrl} rect={video?.rect ?? null} staged={video?.staged ?? false} />
          )}
          {placed
            .filter((each) => each !== video)
            .map((each) => (
              <Tile key={each.tile.key} {...each} />
            ))}
        </ul>
        {tiles.length === 0 && <NoSpeakers />}
      </div>
      {pages > 1 && <Pager page={page} pages={pages} onPage={setPage} />}
    </>
  );
}
