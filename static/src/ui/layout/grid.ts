// How tiles share an area. Pure: numbers in, rectangles out.

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface GridOptions {
  gap: number;
  /** Below this a face says nothing any more: further tiles go to the next page. */
  minTileWidth: number;
  minTileHeight: number;
  /** Narrowest and widest shape of a tile, width / height. */
  minAspect: number;
  maxAspect: number;
  maxPerPage: number;
}

export interface GridLayout {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
  /** Tiles on each full page; `columns * rows` may be more. */
  perPage: number;
  pages: number;
}

export const GRID: GridOptions = {
  gap: 8,
  minTileWidth: 160,
  minTileHeight: 100,
  minAspect: 1,
  maxAspect: 16 / 9,
  maxPerPage: 49,
};

/**
 * Cameras send 16:9. Tiles keep that shape unless more than this share of the area would stay empty for it; then they
 * come a little nearer to a square, and cut as much off at the sides.
 */
const MAX_EMPTY = 0.55;
const SHAPES = [16 / 9, 3 / 2, 4 / 3] as const;

/** What a tile must have to be told from another; with it, a hundred fit a laptop's screen. */
const DENSE: Partial<GridOptions> = { gap: 4, minTileWidth: 64, minTileHeight: 48, maxPerPage: 100 };

/**
 * An area higher than wide is a phone held upright, whose camera is upright too: tiles may be as well. `dense` allows
 * tiles so small that as many as possible share a page.
 */
export function optionsFor(width: number, height: number, dense = false): GridOptions {
  const upright = height > width ? { ...GRID, minAspect: 3 / 4, maxAspect: 3 / 2, minTileWidth: 140 } : GRID;
  return dense ? { ...upright, ...DENSE } : upright;
}

interface Fit {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

function fitColumns(
  count: number,
  columns: number,
  width: number,
  height: number,
  options: GridOptions,
): Fit {
  const rows = Math.ceil(count / columns);
  const cellWidth = Math.max(0, (width - options.gap * (columns - 1)) / columns);
  const cellHeight = Math.max(0, (height - options.gap * (rows - 1)) / rows);
  const tileWidth = Math.min(cellWidth, cellHeight * options.maxAspect);
  const tileHeight = Math.min(cellHeight, tileWidth / options.minAspect);
  return { columns, rows, tileWidth: Math.floor(tileWidth), tileHeight: Math.floor(tileHeight) };
}

/** Tiles whose areas differ by less are of one size to the eye. */
const ALIKE = 0.08;

/**
 * Of the arrangements in `fits`, the one whose tiles show most; of those that show about as much, the one with the
 * fewest empty cells, and then the widest: people sit beside each other.
 */
function best(fits: readonly Fit[]): Fit | undefined {
  const size = ({ tileWidth, tileHeight }: Fit) => tileWidth * tileHeight;
  const empty = ({ columns, rows }: Fit) => columns * rows;
  const most = Math.max(...fits.map(size));
  const [chosen] = fits
    .filter((fit) => size(fit) >= most * (1 - ALIKE))
    .sort((one, other) => empty(one) - empty(other) || other.columns - one.columns);
  return chosen;
}

/**
 * Lay `count` tiles out in an area of `width` by `height` CSS pixels. When not all fit at a useful size, they are
 * spread evenly over pages of one shape, so that nothing jumps while paging. At least one tile is on a page.
 */
export function gridLayout(
  count: number,
  width: number,
  height: number,
  options: GridOptions = optionsFor(width, height),
): GridLayout {
  if (count <= 0) return { columns: 0, rows: 0, tileWidth: 0, tileHeight: 0, perPage: 0, pages: 0 };
  const large = (fit: Fit) =>
    fit.tileWidth >= Math.min(options.minTileWidth, width) &&
    fit.tileHeight >= Math.min(options.minTileHeight, height);
  const fits = (tiles: number) =>
    Array.from({ length: tiles }, (_, index) => fitColumns(tiles, index + 1, width, height, options));
  let capacity = Math.min(count, options.maxPerPage);
  while (capacity > 1 && !fits(capacity).some(large)) capacity -= 1;
  const pages = Math.ceil(count / capacity);
  const perPage = Math.ceil(count / pages);
  const all = fits(perPage);
  // On an upright phone other phones are upright as well: there is no shape that fits most.
  for (const minAspect of height > width ? [] : SHAPES) {
    const kept = best(
      Array.from({ length: perPage }, (_, index) =>
        fitColumns(perPage, index + 1, width, height, { ...options, minAspect }),
      ).filter(large),
    );
    const covered = kept ? (perPage * kept.tileWidth * kept.tileHeight) / (width * height) : 0;
    if (kept && covered >= 1 - MAX_EMPTY) return { ...kept, perPage, pages };
  }
  const chosen = best(all.filter(large)) ?? best(all) ?? fitColumns(perPage, 1, width, height, options);
  return { ...chosen, perPage, pages };
}

/** Where each of `count` tiles of a page goes: rows centred in the area, and the last, shorter row in itself. */
export function gridRects(
  layout: GridLayout,
  count: number,
  width: number,
  height: number,
  gap: number = GRID.gap,
): Rect[] {
  const { columns, rows, tileWidth, tileHeight } = layout;
  const top = (height - rows * tileHeight - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (width - inRow * tileWidth - (inRow - 1) * gap) / 2;
    return {
      left: Math.round(left + (index % columns) * (tileWidth + gap)),
      top: Math.round(top + row * (tileHeight + gap)),
      width: tileWidth,
      height: tileHeight,
    };
  });
}
