// What the player's page says.

import { Area, type Texts } from "../area";
import { type English, en } from "./en";

export type PlayerTexts = Texts<English>;

export const player = new Area<English>(en, {
  fr: () => import("./fr"),
  de: () => import("./de"),
  lb: () => import("./lb"),
  ru: () => import("./ru"),
});
