// What somebody reads who may not enter.

import { Area, type Texts } from "../area";
import { type English, en } from "./en";

export type DenialTexts = Texts<English>;

type CodeOf<K> = K extends `denial.${infer C}.title` ? C : never;
/** A refusal that has words here. */
type Code = CodeOf<keyof English>;

export const denial = new Area<English>(en, {
  fr: () => import("./fr"),
  de: () => import("./de"),
  lb: () => import("./lb"),
  ru: () => import("./ru"),
});

export function isCode(code: string): code is Code {
  return denial.english.has(`denial.${code}.title`);
}

/** A refusal's words; not each has a hint. */
export function denialWords(
  texts: DenialTexts,
  code: Code,
): { title: string; message: string; hint: string } {
  const hint = `denial.${code}.hint` as const;
  return {
    title: texts.t(`denial.${code}.title`),
    message: texts.t(`denial.${code}.message`),
    hint: texts.has(hint) ? texts.t(hint) : "",
  };
}
