import { t } from "../../i18n/room";
import { Icon } from "../kit/Icon";
import { absent, hand, pin } from "../kit/icons";
import type { TileModel } from "../layout/tiles";

type Shown = Pick<TileModel, "hand" | "absent" | "quality">;

/** What is the matter with somebody, in pictures: their hand, that they are away, how their connection is. */
export function TileBadges({ tile, pinned }: { tile: Shown; pinned: boolean }) {
  const weak = tile.quality === "fair" || tile.quality === "poor";
  if (tile.hand === null && !tile.absent && !weak && !pinned) return null;
  return (
    <div class="tile-badges" aria-hidden="true">
      <States person={tile} />
      {pinned && (
        <span class="badge" title={t("tile.state.pinned")}>
          <Icon svg={pin} />
        </span>
      )}
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

const BARS = [4, 7.5, 11];

/** A connection's strength: the first `full` of three bars. */
function Bars({ full }: { full: number }) {
  return (
    <span class="icon">
      <svg viewBox="0 0 14 14" fill="currentColor" aria-hidden="true">
        {BARS.map((height, index) => (
          <rect
            key={height}
            x={1 + index * 4.5}
            y={12.5 - height}
            width="3"
            height={height}
            rx="1"
            opacity={index < full ? 1 : 0.35}
          />
        ))}
      </svg>
    </span>
  );
}
