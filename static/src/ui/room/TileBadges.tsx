import { useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { useView } from "../context";
import { Bars } from "../kit/Bars";
import { Icon } from "../kit/Icon";
import { absent, hand, pin } from "../kit/icons";
import type { TileModel } from "../layout/tiles";
import { QualityBadge } from "./QualityBadge";

type Shown = Pick<TileModel, "hand" | "absent" | "quality">;

/** What is the matter with somebody, in pictures: their hand, that they are away, how their connection is. */
export function TileBadges({ tile, pinned }: { tile: TileModel; pinned: boolean }) {
  const { controlsVisible } = useView().state.value;
  const [explains, setExplains] = useState(false);
  // Who reads the explanation may read on when the connection gets better.
  const weak = tile.quality === "fair" || tile.quality === "poor" || explains;
  if (tile.hand === null && !tile.absent && !weak && !pinned) return null;
  const explained = weak && controlsVisible;
  return (
    <div class="tile-badges">
      <div class="tile-states" aria-hidden="true">
        <States person={explained ? { ...tile, quality: "unknown" } : tile} />
        {pinned && (
          <span class="badge" title={t("tile.state.pinned")}>
            <Icon svg={pin} />
          </span>
        )}
      </div>
      {explained && <QualityBadge tile={tile} open={explains} setOpen={setExplains} />}
    </div>
  );
}

/** The same badges for a tile and for a line of the list of people. */
export function States({ person }: { person: Shown }) {
  const { quality } = person;
  return (
    <>
      {person.hand !== null && (
        <span class="badge" data-tone="hand" title={t("tile.state.hand", { place: person.hand })}>
          <Icon svg={hand} />
          {person.hand}
        </span>
      )}
      {person.absent && (
        <span class="badge" title={t("tile.state.absent")}>
          <Icon svg={absent} />
        </span>
      )}
      {(quality === "fair" || quality === "poor") && (
        <span class="badge" data-tone={quality} title={t(`tile.state.${quality}`)}>
          <Bars full={quality === "poor" ? 1 : 2} />
        </span>
      )}
    </>
  );
}
