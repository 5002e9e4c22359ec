import { useEffect, useRef, useState } from "preact/hooks";
import type { CheckTexts } from "../../i18n/check";
import { copyText } from "../../ui/clipboard";
import { Button } from "../../ui/kit/Button";
import { Icon } from "../../ui/kit/Icon";
import { check, chevronLeft, link } from "../../ui/kit/icons";
import { BrandLogo } from "../../ui/kit/Logo";
import type { CheckBoot } from "../../wire/check";
import { reportOf } from "./report";
import { type CheckRun, type CheckState, STEPS } from "./run";
import { StepCard } from "./StepCard";
import { VerdictCard } from "./VerdictCard";

interface Props {
  run: CheckRun;
  boot: CheckBoot;
  texts: CheckTexts;
  /** Where the page was come from; null for nowhere to go back to. */
  back: string | null;
  level: (stream: MediaStream) => (() => number) | null;
}

/** The whole page: begin, the steps, and what they mean. */
export function CheckPage({ run, boot, texts, back, level }: Props) {
  const state = run.state.value;
  const begun = state.current !== null || STEPS.some((step) => state.steps[step] !== "waiting");
  const verdict = useRef<HTMLElement>(null);
  useEffect(() => {
    if (state.finished) verdict.current?.focus();
  }, [state.finished]);
  return (
    <div class="page">
      <header class="page-head">
        {boot.brand ? <BrandLogo brand={boot.brand} /> : <ProductLogo />}
        {back !== null && (
          <a class="button" data-size="small" data-variant="quiet" data-testid="check-back" href={back}>
            <Icon svg={chevronLeft} />
            {texts.t("page.back")}
          </a>
        )}
      </header>
      <main class="page-main check">
        <div class="check-head">
          <h1>{texts.t("page.title")}</h1>
          <p class="muted">{texts.t("page.intro")}</p>
        </div>
        {state.finished && <VerdictCard ref={verdict} state={state} texts={texts} />}
        {!begun && (
          <Button variant="primary" size="large" testId="check-start" onClick={() => void run.start()}>
            {texts.t("page.start")}
          </Button>
        )}
        <ol class="check-steps" aria-label={texts.t("page.steps")}>
          {STEPS.map((step) => (
            <StepCard key={step} step={step} state={state} run={run} texts={texts} level={level} />
          ))}
        </ol>
        {state.finished && (
          <>
            <Button testId="check-all-again" onClick={() => void run.startAgain()}>
              {texts.t("page.again")}
            </Button>
            <Report state={state} texts={texts} />
          </>
        )}
      </main>
    </div>
  );
}

function ProductLogo() {
  return (
    <a class="logo" href="/">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="#0a6a60" />
        <rect x="6.5" y="8" width="12" height="16" rx="4" fill="#fff" />
        <circle cx="22.5" cy="12" r="4" fill="#7fe3d2" />
        <circle cx="22.5" cy="21.5" r="2.5" fill="#7fe3d2" />
      </svg>
      Meet
    </a>
  );
}

/** For whoever helps: everything that was found, to copy. */
function Report({ state, texts }: { state: CheckState; texts: CheckTexts }) {
  const [copied, setCopied] = useState(false);
  const { origin, pathname } = location;
  const text = reportOf(state, {
    address: origin + pathname,
    userAgent: navigator.userAgent,
    now: new Date(),
  });
  const copy = async () => setCopied(await copyText(text));
  return (
    <details class="card check-report">
      <summary>{texts.t("page.report")}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard */}
      <pre class="snippet" data-testid="check-report" tabIndex={0}>
        {text}
      </pre>
      <Button size="small" icon={copied ? check : link} testId="check-copy" onClick={() => void copy()}>
        {copied ? texts.t("page.copied") : texts.t("page.copy")}
      </Button>
    </details>
  );
}
