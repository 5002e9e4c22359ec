// What the page of a check says.

import { Area, type Texts } from "../area";
import { type English, en } from "./en";

export type CheckTexts = Texts<English>;

export const check = new Area<English>(en, {
  fr: () => import("./fr"),
  de: () => import("./de"),
  lb: () => import("./lb"),
  ru: () => import("./ru"),
});
