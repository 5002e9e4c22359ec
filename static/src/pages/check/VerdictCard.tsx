import type { Ref } from "preact";
import type { CheckVerdict } from "../../bridge/api";
import type { CheckTexts } from "../../i18n/check";
import { Icon } from "../../ui/kit/Icon";
import { check, info, warning, wifiOff } from "../../ui/kit/icons";
import type { CheckState } from "./run";
import { adviceOf } from "./words";

/** Beside what the network allows: a device that nothing comes of. */
type Shown = CheckVerdict | "devices";

const ICONS: Record<Shown, string> = {
  devices: warning,
  hd: check,
  video: check,
  audio: warning,
  nothing: wifiOff,
  unknown: info,
};

interface Props {
  state: CheckState;
  texts: CheckTexts;
  ref: Ref<HTMLElement>;
}

/** What will work, in one sentence, and what helps against what is in the way. */
export function VerdictCard({ state, texts, ref }: Props) {
  const { problems, target } = state;
  const good = state.verdict === "hd" || state.verdict === "video";
  const shown: Shown = good && problems.some((problem) => problem.includes(".")) ? "devices" : state.verdict;
  return (
    <section
      class="check-verdict"
      data-verdict={shown}
      data-testid="check-verdict"
      role="status"
      tabIndex={-1}
      ref={ref}
    >
      <Icon svg={ICONS[shown]} />
      <div class="check-verdict-body">
        <h2>{texts.t(`verdict.${shown}`)}</h2>
        {problems.length === 0 ? (
          <p>{texts.t("verdict.noProblems")}</p>
        ) : (
          <>
            <p>{texts.t("verdict.problems")}</p>
            <ul>
              {problems.map((problem) => {
                const advice = adviceOf(problem, target, texts, document);
                return (
                  <li key={problem} data-problem={problem}>
                    <strong>{advice.problem}</strong>
                    <span>{advice.remedy}</span>
                  </li>
                );
              })}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}
