import { useEffect, useRef } from "preact/hooks";
import type { CheckTexts } from "../../i18n/check";
import { onFrame } from "../../ui/hooks/frames";
import { Button } from "../../ui/kit/Button";
import { Icon, Spinner } from "../../ui/kit/Icon";
import { arrowRight, camera, check, link, loader, mic, speaker, warning } from "../../ui/kit/icons";
import { looksAtUser, StreamVideo } from "../../ui/kit/StreamVideo";
import { MAX_BPS } from "./loopback";
import type { CheckRun, CheckState, Step } from "./run";

const ICONS: Record<Step, string> = {
  camera,
  microphone: mic,
  speakers: speaker,
  connection: link,
  bandwidth: arrowRight,
};

interface Props {
  step: Step;
  state: CheckState;
  run: CheckRun;
  texts: CheckTexts;
  level: (stream: MediaStream) => (() => number) | null;
}

/** One step: what it is, how it stands, and what can be done with it. */
export function StepCard({ step, state, run, texts, level }: Props) {
  const standing = state.steps[step];
  const running = state.current === step;
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (running) ref.current?.scrollIntoView({ block: "nearest" });
  }, [running]);
  const again = standing === "ok" || standing === "problem" || standing === "skipped";
  return (
    <li class="check-step" data-state={standing} data-testid={`check-${step}`} ref={ref}>
      <span class="check-step-icon">
        <Icon svg={ICONS[step]} />
      </span>
      <div class="check-step-body">
        <h2>{texts.t(`step.${step}`)}</h2>
        <p class="muted" aria-live={running ? "polite" : "off"}>
          {wordsOf(step, state, texts)}
        </p>
        {step === "camera" && state.camera && (
          <div class="check-picture" data-testid="check-picture">
            <StreamVideo stream={state.camera} mirrored={looksAtUser(state.camera)} />
          </div>
        )}
        {step === "microphone" && state.microphone && <Meter read={level(state.microphone)} />}
        {running && state.progress !== null && (
          <progress
            class="check-progress"
            value={state.progress}
            max={1}
            aria-label={texts.t(`step.${step}`)}
          />
        )}
        {standing === "ask" && (
          <div class="card-actions">
            <Button variant="primary" size="small" testId="check-yes" onClick={() => run.heard(true)}>
              {texts.t("action.yes")}
            </Button>
            <Button size="small" testId="check-no" onClick={() => run.heard(false)}>
              {texts.t("action.no")}
            </Button>
            <Button variant="quiet" size="small" onClick={() => run.playAgain()}>
              {texts.t("action.play")}
            </Button>
          </div>
        )}
      </div>
      <div class="check-step-mark">
        <Standing state={state} step={step} />
      </div>
      <div class="check-step-end">
        {running && (
          <Button variant="quiet" size="small" testId={`check-skip-${step}`} onClick={() => run.skip()}>
            {texts.t("action.skip")}
          </Button>
        )}
        {again && (
          <Button
            variant="quiet"
            size="small"
            disabled={state.current !== null}
            label={`${texts.t("action.again")}: ${texts.t(`step.${step}`)}`}
            testId={`check-again-${step}`}
            onClick={() => void run.repeat(step)}
          >
            {texts.t("action.again")}
          </Button>
        )}
      </div>
    </li>
  );
}

function Standing({ state, step }: Pick<Props, "state" | "step">) {
  switch (state.steps[step]) {
    case "running":
      return <Spinner svg={loader} />;
    case "ok":
      return <Icon svg={check} class="check-ok" />;
    case "problem":
      return <Icon svg={warning} class="check-problem" />;
    default:
      return null;
  }
}

function wordsOf(step: Step, state: CheckState, texts: CheckTexts): string {
  const { found, progress } = state;
  switch (state.steps[step]) {
    case "waiting":
      return texts.t("state.waiting");
    case "skipped":
      return texts.t("state.skipped");
    case "problem":
      return texts.t(state.finished ? "state.problem" : "state.failed");
    case "running":
    case "ask":
      if (step === "bandwidth")
        return texts.t(progress !== null && progress >= 0.5 ? "running.down" : "running.up");
      return texts.t(`running.${step}`);
    case "ok":
      if (step === "camera" && state.cameraLabel) return state.cameraLabel;
      if (step === "microphone" && state.microphoneLabel) return state.microphoneLabel;
      if (step === "connection" && found.connection) {
        const { relayed, protocol, roundTripMs } = found.connection;
        const values = { protocol: (protocol ?? "udp").toUpperCase(), ms: roundTripMs ?? 0 };
        return texts.t(relayed ? "found.relayed" : "found.direct", values);
      }
      if (step === "bandwidth" && found.bandwidth) {
        const { upBps, downBps } = found.bandwidth;
        return texts.t("found.rates", { up: inMbps(upBps), down: inMbps(downBps), most: inMbps(MAX_BPS) });
      }
      return texts.t("state.ok");
  }
}

/** With one digit, and not above what is tested: more would say nothing. */
function inMbps(bps: number): number {
  return Math.round(Math.min(bps, MAX_BPS) / 100_000) / 10;
}

/** How loud the microphone hears. */
function Meter({ read }: { read: (() => number) | null }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!read) return;
    return onFrame(() => ref.current?.style.setProperty("--loudness", Math.min(1, read() * 1.6).toFixed(2)));
  }, [read]);
  return <div class="check-meter" data-testid="check-meter" aria-hidden="true" ref={ref} />;
}
