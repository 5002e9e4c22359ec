import gauge from "lucide-static/icons/gauge.svg?raw";
import languages from "lucide-static/icons/languages.svg?raw";
import list from "lucide-static/icons/list-video.svg?raw";
import pause from "lucide-static/icons/pause.svg?raw";
import inPicture from "lucide-static/icons/picture-in-picture-2.svg?raw";
import play from "lucide-static/icons/play.svg?raw";
import quality from "lucide-static/icons/settings-2.svg?raw";
import { localesOf } from "../../i18n/language";
import type { PlayerTexts } from "../../i18n/player";
import { Icon } from "../../ui/kit/Icon";
import { fullscreen, fullscreenEnd, soundOff, speaker } from "../../ui/kit/icons";
import type { ListedChapter } from "../../wire/player";
import { type Playback, SPEEDS } from "./playback";
import { Seek } from "./Seek";
import type { Sheet } from "./thumbnails";
import { clock } from "./time";

interface Props {
  playback: Playback;
  chapters: ListedChapter[];
  sheet: Sheet;
  sheetAddress: string;
  texts: PlayerTexts;
  full: boolean;
  onFullscreen: () => void;
  /** Where the browser can. */
  onPictureInPicture: (() => void) | null;
  /** Whether the list of chapters is open; null where it stands elsewhere. */
  listed: boolean | null;
  onList: () => void;
}

/** The bar below the video. */
export function Controls(props: Props) {
  const { playback, texts } = props;
  const { timeS, durationS } = { timeS: playback.timeS.value, durationS: playback.durationS };
  const playing = playback.playing.value;
  return (
    <div class="controls" data-testid="controls">
      <Seek {...props} />
      <div class="controls-row">
        <Control
          icon={playing ? pause : play}
          label={playing ? texts.t("player.pause") : texts.t("player.play")}
          keys="k"
          testId="play"
          onClick={() => playback.toggle()}
        />
        <Volume playback={playback} texts={texts} />
        <span class="controls-time">
          {clock(timeS)} <span class="controls-all">/ {clock(durationS)}</span>
        </span>
        <span class="controls-space" />
        {props.listed !== null && (
          <Control
            icon={list}
            label={texts.t("player.chapters")}
            pressed={props.listed}
            testId="list"
            onClick={props.onList}
          />
        )}
        <Spoken playback={playback} texts={texts} />
        <Speed playback={playback} texts={texts} />
        <Quality playback={playback} texts={texts} />
        {props.onPictureInPicture && (
          <Control
            icon={inPicture}
            label={texts.t("player.pictureInPicture")}
            testId="pip"
            onClick={props.onPictureInPicture}
          />
        )}
        <Control
          icon={props.full ? fullscreenEnd : fullscreen}
          label={props.full ? texts.t("player.fullscreenEnd") : texts.t("player.fullscreen")}
          keys="f"
          testId="fullscreen"
          onClick={props.onFullscreen}
        />
      </div>
    </div>
  );
}

interface ControlProps {
  icon: string;
  label: string;
  keys?: string;
  pressed?: boolean;
  testId: string;
  onClick: () => void;
}

function Control({ icon, label, keys, pressed, testId, onClick }: ControlProps) {
  return (
    <button
      type="button"
      class="control"
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={keys}
      title={keys ? `${label} (${keys})` : label}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon svg={icon} />
    </button>
  );
}

function Volume({ playback, texts }: { playback: Playback; texts: PlayerTexts }) {
  const silent = playback.muted.value || playback.volume.value === 0;
  return (
    <span class="volume">
      <button
        type="button"
        class="control"
        aria-label={texts.t("player.mute")}
        aria-pressed={silent}
        aria-keyshortcuts="m"
        title={`${texts.t("player.mute")} (m)`}
        data-testid="mute"
        onClick={() => playback.toggleMuted()}
      >
        <Icon svg={silent ? soundOff : speaker} />
      </button>
      <input
        type="range"
        class="volume-slider"
        min={0}
        max={1}
        step={0.05}
        value={silent ? 0 : playback.volume.value}
        aria-label={texts.t("player.volume")}
        aria-valuetext={`${Math.round((silent ? 0 : playback.volume.value) * 100)} %`}
        onInput={(event) => playback.setVolume(Number(event.currentTarget.value))}
      />
    </span>
  );
}

function Speed({ playback, texts }: { playback: Playback; texts: PlayerTexts }) {
  const speed = playback.speed.value;
  return (
    <label class="choice-control" title={`${texts.t("player.speed")} (< >)`}>
      <Icon svg={gauge} />
      <span class="choice-value" aria-hidden="true">
        {speed.toLocaleString(localesOf(texts.language))}×
      </span>
      <select
        aria-label={texts.t("player.speed")}
        data-testid="speed"
        value={String(speed)}
        onChange={(event) => playback.setSpeed(Number(event.currentTarget.value))}
      >
        {SPEEDS.map((one) => (
          <option key={one} value={String(one)}>
            {one.toLocaleString(localesOf(texts.language))}×
          </option>
        ))}
      </select>
    </label>
  );
}

function Spoken({ playback, texts }: { playback: Playback; texts: PlayerTexts }) {
  const spoken = playback.spoken.value;
  if (spoken.length === 0) return null;
  const heard = spoken.find(({ name }) => name === playback.language.value);
  return (
    <label class="choice-control" title={`${texts.t("player.language")} (a)`}>
      <Icon svg={languages} />
      <span class="choice-value" aria-hidden="true" lang={heard?.tag} dir="auto">
        {heard?.name ?? texts.t("player.original")}
      </span>
      <select
        aria-label={texts.t("player.language")}
        aria-keyshortcuts="a"
        data-testid="language"
        value={heard?.name ?? ""}
        onChange={(event) => playback.speak(event.currentTarget.value || null)}
      >
        <option value="">{texts.t("player.original")}</option>
        {spoken.map(({ tag, name }) => (
          <option key={name} value={name} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Quality({ playback, texts }: { playback: Playback; texts: PlayerTexts }) {
  const heights = playback.heights.value;
  if (heights.length < 2) return null;
  const chosen = playback.height.value;
  const shown = playback.shownHeight.value;
  return (
    <label class="choice-control" title={texts.t("player.quality")}>
      <Icon svg={quality} />
      {(chosen ?? shown) && (
        <span class="choice-value" aria-hidden="true">
          {chosen ?? shown}p
        </span>
      )}
      <select
        aria-label={texts.t("player.quality")}
        data-testid="quality"
        value={chosen === null ? "" : String(chosen)}
        onChange={(event) =>
          playback.choose(event.currentTarget.value ? Number(event.currentTarget.value) : null)
        }
      >
        <option value="">
          {chosen === null && shown !== null
            ? texts.t("player.automaticHeight", { height: String(shown) })
            : texts.t("player.automatic")}
        </option>
        {heights.map((height) => (
          <option key={height} value={String(height)}>
            {height}p
          </option>
        ))}
      </select>
    </label>
  );
}
