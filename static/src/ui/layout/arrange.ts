// Which tiles are on the screen, and where: the meeting's tiles and the area in, places out. Pure.

import { gridLayout, gridRects, optionsFor, type Rect } from "./grid";
import { stageLayout } from "./stage";
import { type TileModel, tileKey } from "./tiles";

export interface Placed {
  tile: TileModel;
  rect: Rect;
  /** The large one beside which the others are small. */
  staged: boolean;
}

export interface Arrangement {
  placed: Placed[];
  /** From 0; a wanted page beyond the last one counts as the last. */
  page: number;
  pages: number;
}

export function clampPage(page: number, pages: number): number {
  return Math.max(0, Math.min(page, pages - 1));
}

/**
 * Place the tiles of one page, as `arrange` does. Where nothing has the stage and not everybody fits on one page, the
 * `speaker` has it (a peer id).
 */
export function arrangeAround(
  speaker: string | null,
  tiles: readonly TileModel[],
  stagedKey: string | null,
  wantedPage: number,
  width: number,
  height: number,
  dense = false,
): Arrangement {
  const arrangement = arrange(tiles, stagedKey, wantedPage, width, height, dense);
  return stagedKey === null && speaker !== null && arrangement.pages > 1
    ? arrange(tiles, tileKey(speaker, "camera"), wantedPage, width, height, dense)
    : arrangement;
}

/**
 * Place the tiles of one page. `stagedKey` names the tile on the stage; without it, all share a grid. `dense` makes
 * tiles as small as need be to have as many as possible on one page.
 */
export function arrange(
  tiles: readonly TileModel[],
  stagedKey: string | null,
  wantedPage: number,
  width: number,
  height: number,
  dense = false,
): Arrangement {
  if (width <= 0 || height <= 0) return { placed: [], page: 0, pages: 0 };
  const staged = tiles.find((tile) => tile.key === stagedKey);
  if (!staged) {
    const options = optionsFor(width, height, dense);
    const layout = gridLayout(tiles.length, width, height, options);
    const page = clampPage(wantedPage, layout.pages);
    const shown = tiles.slice(page * layout.perPage, (page + 1) * layout.perPage);
    const rects = gridRects(layout, shown.length, width, height, options.gap);
    return { placed: place(shown, rects), page, pages: layout.pages };
  }
  const others = tiles.filter((tile) => tile !== staged);
  const layout = stageLayout(others.length, width, height, dense);
  const page = clampPage(wantedPage, layout.pages);
  const shown = others.slice(page * layout.perPage, (page + 1) * layout.perPage);
  return {
    placed: [{ tile: staged, rect: layout.stage, staged: true }, ...place(shown, layout.strip)],
    page,
    pages: layout.pages,
  };
}

function place(tiles: readonly TileModel[], rects: readonly Rect[]): Placed[] {
  return tiles.flatMap((tile, index) => {
    const rect = rects[index];
    return rect ? [{ tile, rect, staged: false }] : [];
  });
}
