// What the page says of a problem: what it is, and the one thing that helps. Pure but for the page's policy.

import type { CheckTexts } from "../../i18n/check";
import { missingAllow } from "../../ui/logic/problems";
import type { CheckProblem } from "./result";

export interface Advice {
  problem: string;
  remedy: string;
}

export function adviceOf(problem: CheckProblem, target: string, texts: CheckTexts, page: Document): Advice {
  const [kind = "", what] = problem.split(".");
  const title = what === undefined ? `problem.${kind}` : `problem.${kind}.${what}`;
  return {
    problem: texts.dynamic(title, {}, "state.failed"),
    remedy: remedyOf(kind, what, target, texts, page),
  };
}

function remedyOf(
  kind: string,
  what: string | undefined,
  target: string,
  texts: CheckTexts,
  page: Document,
): string {
  if (what === "denied") {
    const allow = missingAllow(kind === "camera" ? "camera" : "mic", page);
    if (allow !== "") {
      return texts.t("remedy.frame", { allow });
    }
  }
  const key = what === "busy" ? "busyDevice" : (what ?? kind);
  return texts.dynamic(`remedy.${key}`, { target }, "remedy.failed");
}
