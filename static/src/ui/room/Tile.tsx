import { useRef } from "preact/hooks";
import { t } from "../../i18n";
import { useShown } from "../hooks/useShown";
import { useSpeaking } from "../hooks/useSpeaking";
import { Avatar } from "../kit/Avatar";
import { Icon, Spinner } from "../kit/Icon";
import { loader, micOff, screen } from "../kit/icons";
import { looksAtUser, StreamVideo } from "../kit/StreamVideo";
import type { Placed } from "../layout/arrange";
import type { Rect } from "../layout/grid";
import type { TileModel } from "../layout/tiles";

/** One participant or one shared screen, at its place. */
export function Tile({ tile, rect, staged }: Placed) {
  const ref = useRef<HTMLLIElement>(null);
  useShown(ref, tile.peerId, tile.source, !tile.self);
  useSpeaking(ref, tile.audio);
  const label = labelOf(tile);
  return (
    <li
      ref={ref}
      class="tile"
      data-testid="tile"
      data-peer-id={tile.peerId}
      data-source={tile.source}
      data-self={tile.self ? "true" : "false"}
      data-staged={staged ? "" : undefined}
      aria-label={
        tile.source === "screen" ? label : t("tile.describe", { name: label, state: stateOf(tile) })
      }
      style={boxOf(rect)}
    >
      {tile.video && (
        <StreamVideo
          stream={tile.video}
          mirrored={tile.self && tile.source === "camera" && looksAtUser(tile.video)}
        />
      )}
      {!tile.video && tile.source === "camera" && (
        <div class="tile-avatar">
          <Avatar name={tile.name} identity={tile.peerId} />
        </div>
      )}
      {!tile.video && tile.source === "screen" && (
        <div class="tile-waiting">
          <Spinner svg={loader} />
        </div>
      )}
      <div class="tile-label" aria-hidden="true">
        {tile.source === "screen" && <Icon svg={screen} />}
        {tile.source === "camera" && !tile.micOn && <Icon svg={micOff} class="muted-badge" />}
        <span title={label}>{label}</span>
      </div>
    </li>
  );
}

function boxOf({ left, top, width, height }: Rect) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

function labelOf(tile: TileModel): string {
  if (tile.source === "screen")
    return tile.self ? t("tile.yourScreen") : t("tile.screen", { name: tile.name });
  return tile.self ? t("tile.you", { name: tile.name }) : tile.name;
}

function stateOf(tile: TileModel): string {
  return tile.micOn ? t("tile.state.micOn") : t("tile.state.micOff");
}
