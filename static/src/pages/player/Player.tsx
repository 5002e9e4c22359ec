import play from "lucide-static/icons/play.svg?raw";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PlayerTexts } from "../../i18n/player";
import { Icon, Spinner } from "../../ui/kit/Icon";
import { close, loader } from "../../ui/kit/icons";
import type { ReadyVideo } from "../../wire/player";
import { Chapters } from "./Chapters";
import { type Action, actionOf, focusOf } from "./keys";
import { Controls } from "./PlayerControls";
import { Playback } from "./playback";
import { readSheet } from "./thumbnails";

/** After so long without a move of the pointer a playing video is all there is. */
const IDLE_MS = 2500;

interface Props {
  told: ReadyVideo;
  embedded: boolean;
  texts: PlayerTexts;
}

interface AppleVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

/** The video with its controls, and its chapters beside it; in another page the chapters lie over it. */
export function Player({ told, embedded, texts }: Props) {
  const playback = useMemo(() => new Playback(told, () => localStorage), [told]);
  const sheet = useMemo(() => readSheet(told.sheetIndex), [told]);
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [full, setFull] = useState(false);
  const [listed, setListed] = useState(false);
  const { idle, stir } = useIdle();
  const several = told.chapters.length > 1;

  useEffect(() => {
    if (video.current) playback.attach(video.current);
  }, [playback]);

  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);

  function toggleFullscreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (frame.current?.requestFullscreen) void frame.current.requestFullscreen().catch(() => {});
    else (video.current as AppleVideo | null)?.webkitEnterFullscreen?.();
  }

  function toggleInPicture(): void {
    if (document.pictureInPictureElement) void document.exitPictureInPicture();
    else void video.current?.requestPictureInPicture().catch(() => {});
  }

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const action = actionOf(event, focusOf(event.target));
      if (!action) return;
      event.preventDefault();
      stir();
      carryOut(action, playback, toggleFullscreen);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [playback]);

  /** A finger first brings the controls, then plays and pauses. */
  function pressedOn(event: MouseEvent): void {
    const touched = (event as PointerEvent).pointerType === "touch";
    if (!touched || !playback.begun.value || !idle) playback.toggle();
    stir();
  }

  const failure = playback.failure.value;
  const hidden = idle && playback.playing.value && !listed;
  return (
    <div class="player-area" data-embedded={embedded || undefined} data-listed={several || undefined}>
      <section
        class="player"
        ref={frame}
        aria-label={texts.t("player.label")}
        data-testid="player"
        data-idle={hidden || undefined}
        data-begun={playback.begun.value || undefined}
        onPointerMove={stir}
        onPointerDown={stir}
        onFocusCapture={stir}
      >
        {/* biome-ignore lint/a11y/useMediaCaption: a meeting has none */}
        <video ref={video} poster={told.poster} playsInline preload="none" onClick={pressedOn} />
        {embedded && (
          <a class="player-title" href={told.pageUrl} target="_blank" rel="noopener" dir="auto">
            {told.name}
          </a>
        )}
        {!playback.begun.value && (
          <button
            type="button"
            class="player-begin"
            aria-label={texts.t("player.play")}
            data-testid="begin"
            onClick={() => void playback.play()}
          >
            <Icon svg={play} />
          </button>
        )}
        {playback.waiting.value && !failure && (
          <div class="player-waiting" role="status">
            <Spinner svg={loader} />
            <span class="visually-hidden">{texts.t("player.loading")}</span>
          </div>
        )}
        {failure && (
          <div class="player-failure" role="alert" data-testid="failure">
            <p>{failure === "expired" ? texts.t("message.expired.title") : texts.t("player.broken")}</p>
            <button type="button" class="button" onClick={() => playback.retry()}>
              {texts.t("player.again")}
            </button>
          </div>
        )}
        {embedded && listed && (
          <div class="player-list">
            <div class="player-list-head">
              <h2>{texts.t("player.chapters")}</h2>
              <button
                type="button"
                class="control"
                aria-label={texts.t("player.close")}
                onClick={() => setListed(false)}
              >
                <Icon svg={close} />
              </button>
            </div>
            <Chapters playback={playback} chapters={told.chapters} texts={texts} />
          </div>
        )}
        <Controls
          playback={playback}
          chapters={told.chapters}
          sheet={sheet}
          sheetAddress={told.sheet}
          texts={texts}
          full={full}
          onFullscreen={toggleFullscreen}
          onPictureInPicture={document.pictureInPictureEnabled ? toggleInPicture : null}
          listed={embedded && several ? listed : null}
          onList={() => setListed(!listed)}
        />
      </section>
      {!embedded && several && (
        <section class="player-chapters" aria-label={texts.t("player.chapters")}>
          <h2>{texts.t("player.chapters")}</h2>
          <Chapters playback={playback} chapters={told.chapters} texts={texts} />
        </section>
      )}
    </div>
  );
}

function carryOut(action: Action, playback: Playback, toggleFullscreen: () => void): void {
  switch (action.act) {
    case "toggle":
      playback.toggle();
      break;
    case "fullscreen":
      toggleFullscreen();
      break;
    case "mute":
      playback.toggleMuted();
      break;
    case "language":
      playback.speakNext();
      break;
    case "by":
      playback.by(action.seconds);
      break;
    case "to":
      playback.seek(action.share * playback.durationS);
      break;
    case "volume":
      playback.setVolume(playback.volume.value + action.by);
      break;
    case "speed":
      playback.changeSpeed(action.by);
      break;
  }
}

function useIdle(): { idle: boolean; stir: () => void } {
  const [idle, setIdle] = useState(false);
  const timer = useRef(0);
  const stir = () => {
    setIdle(false);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setIdle(true), IDLE_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return { idle, stir };
}
