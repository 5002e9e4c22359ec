// One large tile and a strip of the others beside or below it. Pure.

import { GRID, type Rect } from "./grid";

export interface StageLayout {
  stage: Rect;
  /** Places of the strip's tiles on one page, in order. */
  strip: Rect[];
  perPage: number;
  pages: number;
}

const ASPECT = 16 / 9;
/** Tiles of a strip shrink to this before any goes to another page. */
const MIN_HEIGHT = 96;
const DENSE = { minHeight: 54, gap: 4 };

/**
 * Lay out a stage with `others` further tiles. The strip stands at the right of a wide area and lies below it in a
 * high one; it takes about a fifth, between 96 and 240 pixels, and nothing when there is nobody to show. `dense` has
 * more and smaller tiles in it.
 */
export function stageLayout(others: number, width: number, height: number, dense = false): StageLayout {
  const gap = dense ? DENSE.gap : GRID.gap;
  const minHeight = dense ? DENSE.minHeight : MIN_HEIGHT;
  if (others <= 0) return { stage: { left: 0, top: 0, width, height }, strip: [], perPage: 0, pages: 0 };
  return width >= height * 1.1
    ? beside(others, width, height, gap, minHeight)
    : below(others, width, height, gap, dense);
}

function beside(others: number, width: number, height: number, gap: number, minHeight: number): StageLayout {
  const widest = Math.min(240, Math.max(96, width * 0.19));
  const fits = Math.max(1, Math.floor((height + gap) / (Math.min(minHeight, widest / ASPECT) + gap)));
  const perPage = Math.min(others, fits);
  const tileHeight = Math.floor(Math.min(widest / ASPECT, (height - (perPage - 1) * gap) / perPage));
  const tileWidth = Math.round(tileHeight * ASPECT);
  const used = perPage * tileHeight + (perPage - 1) * gap;
  const top = Math.round((height - used) / 2);
  const stageWidth = Math.max(0, width - tileWidth - gap);
  return {
    stage: { left: 0, top: 0, width: stageWidth, height },
    strip: Array.from({ length: perPage }, (_, index) => ({
      left: stageWidth + gap,
      top: top + index * (tileHeight + gap),
      width: tileWidth,
      height: tileHeight,
    })),
    perPage,
    pages: Math.ceil(others / perPage),
  };
}

function below(others: number, width: number, height: number, gap: number, dense: boolean): StageLayout {
  const rows = others > 2 && height > 480 ? 2 : 1;
  const wanted = dense
    ? Math.max(3, Math.floor(width / 84))
    : Math.min(3, Math.max(2, Math.floor(width / 160)));
  const columns = Math.min(wanted, Math.ceil(others / rows));
  const tileWidth = Math.floor((width - gap * (wanted - 1)) / wanted);
  const tileHeight = Math.round(Math.min(tileWidth / (4 / 3), height * 0.2));
  const perPage = Math.min(others, columns * rows);
  const usedRows = Math.ceil(perPage / columns);
  const stageHeight = Math.max(0, height - usedRows * (tileHeight + gap));
  return {
    stage: { left: 0, top: 0, width, height: stageHeight },
    strip: Array.from({ length: perPage }, (_, index) => {
      const row = Math.floor(index / columns);
      const inRow = Math.min(columns, perPage - row * columns);
      const left = (width - inRow * tileWidth - (inRow - 1) * gap) / 2;
      return {
        left: Math.round(left + (index % columns) * (tileWidth + gap)),
        top: stageHeight + gap + row * (tileHeight + gap),
        width: tileWidth,
        height: tileHeight,
      };
    }),
    perPage,
    pages: Math.ceil(others / perPage),
  };
}
