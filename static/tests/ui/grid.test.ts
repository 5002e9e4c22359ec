import { describe, expect, it } from "vitest";
import { GRID, gridLayout, gridRects, optionsFor } from "../../src/ui/layout/grid";

const AREAS: [string, number, number][] = [
  ["laptop", 1256, 700],
  ["phone upright", 344, 600],
  ["phone on its side", 724, 280],
  ["large screen", 2536, 1300],
  ["small iframe", 300, 200],
];

describe.each(AREAS)("on a %s", (_name, width, height) => {
  const counts = [1, 2, 3, 4, 5, 6, 7, 9, 12, 16, 25, 30, 49, 50, 100];

  it.each(counts)("places %i tiles without overlap and inside of the area", (count) => {
    const layout = gridLayout(count, width, height);
    const rects = gridRects(layout, layout.perPage, width, height);
    for (const rect of rects) {
      expect(rect.left).toBeGreaterThanOrEqual(0);
      expect(rect.top).toBeGreaterThanOrEqual(0);
      expect(rect.left + rect.width).toBeLessThanOrEqual(width + 1);
      expect(rect.top + rect.height).toBeLessThanOrEqual(height + 1);
    }
    rects.forEach((one, index) => {
      for (const other of rects.slice(index + 1)) {
        const apart =
          one.left + one.width <= other.left ||
          other.left + other.width <= one.left ||
          one.top + one.height <= other.top ||
          other.top + other.height <= one.top;
        expect(apart).toBe(true);
      }
    });
  });

  it.each(counts)("gives all %i tiles a page, evenly", (count) => {
    const { perPage, pages, columns, rows } = gridLayout(count, width, height);
    expect(pages * perPage).toBeGreaterThanOrEqual(count);
    expect((pages - 1) * perPage).toBeLessThan(count);
    expect(columns * rows).toBeGreaterThanOrEqual(perPage);
    expect(perPage).toBeLessThanOrEqual(GRID.maxPerPage);
  });

  it.each(counts)("keeps %i tiles within the allowed shapes", (count) => {
    const { tileWidth, tileHeight } = gridLayout(count, width, height);
    const { minAspect, maxAspect } = optionsFor(width, height);
    expect(tileWidth / tileHeight).toBeLessThan(maxAspect * 1.02);
    expect(tileWidth / tileHeight).toBeGreaterThan(minAspect * 0.98);
  });
});

describe("gridLayout", () => {
  it.each([
    ["two people on a laptop", 2, 1256, 700],
    ["two people on a large screen", 2, 2536, 1300],
    ["four people on a laptop", 4, 1256, 700],
  ])("shows the whole of a 16:9 picture: %s", (_name, count, width, height) => {
    const { tileWidth, tileHeight } = gridLayout(count, width, height);
    expect(tileWidth / tileHeight).toBeCloseTo(16 / 9, 1);
  });

  it("has nothing to lay out for nobody", () => {
    expect(gridLayout(0, 1280, 700)).toMatchObject({ columns: 0, perPage: 0, pages: 0 });
  });

  it("puts two people side by side on a wide screen and one above the other on a phone", () => {
    expect(gridLayout(2, 1256, 700)).toMatchObject({ columns: 2, rows: 1 });
    expect(gridLayout(2, 344, 600)).toMatchObject({ columns: 1, rows: 2 });
  });

  it.each([
    [1280, 800],
    [1366, 768],
    [1440, 900],
    [1920, 1200],
  ])("does so on a screen of %i x %i, where one above the other is as large", (width, height) => {
    const { columns, tileWidth, tileHeight } = gridLayout(2, width - 24, height - 92);
    expect(columns).toBe(2);
    expect(tileWidth / tileHeight).toBeCloseTo(16 / 9, 1);
  });

  it("turns pages when tiles would become too small", () => {
    const phone = gridLayout(30, 344, 600);
    expect(phone.pages).toBeGreaterThan(1);
    expect(phone.tileWidth).toBeGreaterThanOrEqual(140);
    expect(phone.tileHeight).toBeGreaterThanOrEqual(100);
  });

  it("still shows one tile a page where not even one has the wished size", () => {
    expect(gridLayout(3, 100, 60)).toMatchObject({ perPage: 1, pages: 3 });
  });

  it("survives an area of nothing", () => {
    expect(gridLayout(3, 0, 0).perPage).toBeGreaterThan(0);
  });
});

describe("gridRects", () => {
  it("centres a last row that is not full", () => {
    const layout = gridLayout(5, 1256, 700);
    const rects = gridRects(layout, 5, 1256, 700);
    const last = rects.slice(layout.columns);
    const left = last[0]?.left ?? 0;
    const end = last.at(-1);
    const right = 1256 - ((end?.left ?? 0) + (end?.width ?? 0));
    expect(Math.abs(left - right)).toBeLessThanOrEqual(2);
  });
});
