import { t } from "../../i18n/room";
import { Button } from "../kit/Button";
import { handOver } from "../kit/icons";
import { BOOTH_KEYS } from "../logic/boothKeys";
import { canCancel, HANDOVER_S, stepOf } from "../logic/handover";
import type { TurnView } from "./useTurn";

/** Relieving each other: what is offered or agreed, how long it is until then, and what I can do about it. */
export function HandoverBox({ turn: view }: { turn: TurnView }) {
  const { turn, left, seconds } = view;
  if (turn === "alone") return null;
  const words = wordsOf(view);
  const step = stepOf(turn);
  return (
    <div
      class="handover"
      data-testid="handover"
      data-turn={turn}
      data-urgent={step === "accept" || left !== null ? "" : undefined}
    >
      {/* Always there, so that what appears in it is read out; the seconds are not, which would never end. */}
      <div class="handover-words" role="status">
        {left !== null && (
          <span
            class="countdown"
            aria-hidden="true"
            data-testid="countdown"
            style={{ "--part": seconds ? left / seconds : 0 }}
          >
            {left}
          </span>
        )}
        {words && <span>{words}</span>}
      </div>
      <div class="handover-actions">
        {step && (
          <Button
            size="small"
            icon={step === "accept" ? undefined : handOver}
            variant={step === "accept" ? "primary" : undefined}
            testId={`handover-${step}`}
            onClick={view.step}
          >
            {t(ACTIONS[turn as keyof typeof ACTIONS], { seconds: step === "accept" ? seconds : HANDOVER_S })}
            <span class="key" aria-hidden="true">
              {BOOTH_KEYS.handover}
            </span>
          </Button>
        )}
        {canCancel(turn) && (
          <Button size="small" testId="handover-cancel" onClick={view.cancel}>
            {t(step === "accept" ? "asked.notNow" : "common.cancel")}
            <span class="key" aria-hidden="true">
              {BOOTH_KEYS.cancel}
            </span>
          </Button>
        )}
      </div>
    </div>
  );
}

const ACTIONS = {
  mayOffer: "booth.offer",
  mayRequest: "booth.request",
  mayTake: "booth.take",
  mayGive: "booth.give",
} as const;

function wordsOf({ turn, left, giver, taker, seconds }: TurnView): string {
  switch (turn) {
    case "quiet":
      return t("booth.quiet");
    case "offered":
    case "requested":
      return t("booth.waiting");
    case "mayTake":
      return t("booth.offers", { name: giver, seconds });
    case "mayGive":
      return t("booth.requests", { name: taker, seconds });
    case "taking":
      return t("booth.taking", { name: giver });
    case "giving":
      return t("booth.giving", { name: taker });
    case "others":
      return left === null
        ? t("booth.othersTalk", { name: giver || taker })
        : t("booth.others", { giver, taker });
    default:
      return "";
  }
}
