import { describe, expect, it } from "vitest";
import { Upload } from "../../src/rtc/upload";

/** One that takes all of a camera's layers, or only its thumbnail. */
const ALL = 1_600_000;
const THUMBNAIL = 100_000;
const SOUND = 60_000;

describe("what is for videos", () => {
  it("is all of a narrow upload but what sound takes, until it carries everything", () => {
    const upload = new Upload();
    upload.share(ALL, 0);
    upload.found(500_000, 5_000);
    expect(upload.share(ALL, 5_000)).toBe(500_000 - SOUND);
    upload.found(1_500_000, 10_000);
    expect(upload.share(ALL, 10_000)).toBe(1_500_000 - SOUND);
    upload.found(5_000_000, 15_000);
    expect(upload.share(ALL, 15_000)).toBe(0);
  });

  it("is not what was found while only a thumbnail was sent", () => {
    const upload = new Upload();
    upload.share(THUMBNAIL, 0);
    upload.found(250_000, 5_000);
    expect(upload.share(THUMBNAIL, 5_000)).toBe(0);
    expect(upload.share(ALL, 6_000)).toBe(0);
    upload.found(300_000, 6_500); // the browser has just begun to look
    expect(upload.share(ALL, 6_500)).toBe(0);
    upload.found(700_000, 11_500);
    expect(upload.share(ALL, 11_500)).toBe(700_000 - SOUND);
  });

  it("stays narrow where more is wanted of what is narrow already", () => {
    const upload = new Upload();
    upload.share(800_000, 0);
    upload.found(400_000, 5_000);
    expect(upload.share(800_000, 5_000)).toBe(400_000 - SOUND);
    expect(upload.share(ALL, 6_000)).toBe(400_000 - SOUND);
  });

  it("begins as narrow as it was before only a thumbnail was wanted for a while", () => {
    const upload = new Upload();
    upload.share(ALL, 0);
    upload.found(500_000, 5_000);
    expect(upload.share(ALL, 5_000)).toBe(500_000 - SOUND);
    expect(upload.share(THUMBNAIL, 6_000)).toBe(0);
    upload.found(250_000, 10_000); // of a thumbnail
    expect(upload.share(THUMBNAIL, 10_000)).toBe(0);
    expect(upload.share(ALL, 12_000)).toBe(500_000 - SOUND);
    upload.found(260_000, 13_000); // the browser has just begun to look
    expect(upload.share(ALL, 13_000)).toBe(500_000 - SOUND);
    upload.found(5_000_000, 15_000);
    expect(upload.share(ALL, 15_000)).toBe(0);
    expect(upload.share(THUMBNAIL, 16_000)).toBe(0);
    expect(upload.share(ALL, 17_000)).toBe(0);
  });

  it("does not begin as narrow as it was long ago", () => {
    const upload = new Upload();
    upload.share(ALL, 0);
    upload.found(500_000, 5_000);
    upload.share(ALL, 5_000);
    upload.share(THUMBNAIL, 6_000);
    expect(upload.share(ALL, 40_000)).toBe(0);
  });

  it("is told also where what is wanted rises little by little", () => {
    const upload = new Upload();
    upload.share(800_000, 0);
    upload.share(900_000, 4_900);
    upload.found(500_000, 5_000);
    expect(upload.share(900_000, 5_000)).toBe(500_000 - SOUND);
  });
});
