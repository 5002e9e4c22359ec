import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { useMeeting } from "../context";
import { useSize } from "../hooks/useSize";
import { arrange } from "../layout/arrange";
import { inOrderOfAppearance, stagedKey, tilesOf } from "../layout/tiles";
import { Pager } from "./Pager";
import { Tile } from "./Tile";

/** All the tiles of a page, each at the place that the layout gives it; a tile that moves keeps its video. */
export function Tiles() {
  const meeting = useMeeting();
  const area = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(area);
  const [wantedPage, setPage] = useState(0);
  const appearance = useRef<string[]>([]);

  const tiles = tilesOf(meeting.state.value);
  appearance.current = inOrderOfAppearance(
    appearance.current,
    tiles.filter((tile) => tile.source === "screen").map((tile) => tile.key),
  );
  const { placed, page, pages } = arrange(
    tiles,
    stagedKey(tiles, appearance.current),
    wantedPage,
    width,
    height,
  );

  return (
    <>
      <div class="tiles" ref={area}>
        {/* biome-ignore lint/a11y/noRedundantRoles: Safari takes the role from a list without bullets */}
        <ul role="list" aria-label={t("tiles.label")}>
          {placed.map((each) => (
            <Tile key={each.tile.key} {...each} />
          ))}
        </ul>
      </div>
      {pages > 1 && <Pager page={page} pages={pages} onPage={setPage} />}
    </>
  );
}
