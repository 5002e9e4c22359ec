import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { Icon } from "../kit/Icon";
import { cough as coughIcon, mic, micOff } from "../kit/icons";
import { BOOTH_KEYS } from "../logic/boothKeys";
import type { MicState } from "../logic/cough";
import { Meter } from "./Meter";
import type { MicKey as Key } from "./useMicKey";
import type { TurnView } from "./useTurn";

interface Props {
  micKey: Key;
  turn: TurnView;
  /** Why nobody hears me, whatever I do here; null where I can be heard. */
  problem: string | null;
}

const TITLES = {
  live: "booth.live",
  muted: "booth.muted",
  cough: "booth.coughing",
  starting: "booth.starting",
  unheard: "booth.unheard",
} as const satisfies Record<MicState, string>;

/** The large key of a booth, the cough button, and how loud I am. */
export function MicKey({ micKey, turn, problem }: Props) {
  const { local, me } = useMeeting().state.value;
  const may = me.permissions.mic;
  const { state } = micKey;
  const on = state === "live" || state === "unheard";
  const error = local.mic.error;
  return (
    <section class="desk-mic" aria-label={t("device.microphone")}>
      <div class="mic-keys">
        <button
          type="button"
          class="mic-key"
          data-testid="toggle-mic"
          data-state={may ? state : "impossible"}
          aria-pressed={on}
          aria-keyshortcuts="Space"
          disabled={!may}
          onClick={micKey.toggle}
        >
          <Icon svg={on ? mic : micOff} />
          <span class="visually-hidden">{t("device.microphone")}: </span>
          <span class="mic-key-text">
            <strong>{t(TITLES[state])}</strong>
            <span>{hint(state, turn)}</span>
          </span>
          <span class="key" aria-hidden="true">
            {t("booth.space")}
          </span>
        </button>
        <button
          type="button"
          class="cough-key"
          data-testid="cough"
          data-held={state === "cough" ? "" : undefined}
          title={t("booth.coughLabel")}
          aria-keyshortcuts={BOOTH_KEYS.cough}
          disabled={!may}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            micKey.press("pointer");
          }}
          onPointerUp={() => micKey.release("pointer")}
          onLostPointerCapture={() => micKey.release("pointer")}
          onContextMenu={(event) => event.preventDefault()}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.repeat) micKey.press("key");
          }}
          onKeyUp={(event) => {
            if (event.key === "Enter") micKey.release("key");
          }}
        >
          <Icon svg={coughIcon} />
          <span>{t("booth.cough")}</span>
          <span class="key" aria-hidden="true">
            {BOOTH_KEYS.cough}
          </span>
        </button>
      </div>
      {/* Who presses the space bar elsewhere hears what it did. */}
      <span class="visually-hidden" role="status">
        {t(TITLES[state])}
      </span>
      <Meter label={t("booth.yourLevel")} stream={on ? local.mic.stream : null} />
      {problem !== null ? (
        <p class="desk-problem" role="alert" data-testid="booth-problem">
          {problem}
        </p>
      ) : (
        error && (
          <p class="desk-problem" role="alert" data-testid="media-problem" data-error={error}>
            {t(`problem.${error}.mic`)}
          </p>
        )
      )}
    </section>
  );
}

function hint(state: MicState, { turn, left, seconds }: TurnView): string {
  if (left !== null && turn === "taking") return t("booth.liveIn", { seconds: left });
  if (left !== null && turn === "giving") return t("booth.mutedIn", { seconds: left });
  if (turn === "mayTake") return t("booth.askedToTake", { seconds });
  switch (state) {
    case "live":
      return t("booth.liveHint");
    case "cough":
      return t("booth.coughHint");
    case "unheard":
      return t("booth.unheardHint");
    default:
      return t("booth.mutedHint");
  }
}
