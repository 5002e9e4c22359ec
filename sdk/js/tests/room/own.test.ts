import { expect, it } from "vitest";
import { maySend } from "../../src/room/own";
import { meInfo } from "../fakes/node";

it("the sound of a screen is part of it, and no voice", () => {
  const { permissions } = meInfo();
  expect(maySend("screenAudio", permissions)).toBe(true);
  expect(maySend("screenAudio", { ...permissions, screen: false })).toBe(false);
  expect(maySend("mic", { ...permissions, camera: false, screen: false })).toBe(true);
  expect(maySend("camera", { ...permissions, camera: false })).toBe(false);
});
