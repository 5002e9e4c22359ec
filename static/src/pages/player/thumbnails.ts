// The sheet of small pictures that shows what is where in a video, and the WebVTT file that tells their places.

export interface Thumbnail {
  fromS: number;
  toS: number;
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Sheet {
  thumbnails: Thumbnail[];
  /** Of the whole picture, in its own pixels. */
  width: number;
  height: number;
}

const TIME = String.raw`(\d+):(\d\d):(\d\d\.\d{3})`;
const CUE = new RegExp(`${TIME} --> ${TIME}\\s+\\S+#xywh=(\\d+),(\\d+),(\\d+),(\\d+)`, "g");

/** Reads `sprite.vtt`; what is no cue of a picture is passed over. */
export function readSheet(vtt: string): Sheet {
  const thumbnails = [...vtt.matchAll(CUE)].map((found) => {
    const [h1, m1, s1, h2, m2, s2, left, top, width, height] = found.slice(1).map(Number) as Ten;
    return { fromS: h1 * 3600 + m1 * 60 + s1, toS: h2 * 3600 + m2 * 60 + s2, left, top, width, height };
  });
  return {
    thumbnails,
    width: Math.max(0, ...thumbnails.map(({ left, width }) => left + width)),
    height: Math.max(0, ...thumbnails.map(({ top, height }) => top + height)),
  };
}

type Ten = [number, number, number, number, number, number, number, number, number, number];

/** The picture of a moment; the nearest where there is none. */
export function thumbnailAt(sheet: Sheet, timeS: number): Thumbnail | undefined {
  return sheet.thumbnails.find(({ toS }) => timeS < toS) ?? sheet.thumbnails.at(-1);
}

/** Shows one picture of the sheet in a box of any size. */
export function backgroundOf(sheet: Sheet, address: string, { left, top, width, height }: Thumbnail) {
  const place = (offset: number, size: number, all: number) =>
    all > size ? (offset / (all - size)) * 100 : 0;
  return {
    backgroundImage: `url(${JSON.stringify(address)})`,
    backgroundSize: `${(sheet.width / width) * 100}% ${(sheet.height / height) * 100}%`,
    backgroundPosition: `${place(left, width, sheet.width)}% ${place(top, height, sheet.height)}%`,
  };
}
