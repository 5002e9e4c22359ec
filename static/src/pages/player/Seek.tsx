import { useRef, useState } from "preact/hooks";
import type { PlayerTexts } from "../../i18n/player";
import type { ListedChapter } from "../../wire/player";
import { chapterAt, titleOf } from "./chapters";
import type { Playback } from "./playback";
import { backgroundOf, type Sheet, thumbnailAt } from "./thumbnails";
import { clock } from "./time";

interface Props {
  playback: Playback;
  chapters: ListedChapter[];
  sheet: Sheet;
  sheetAddress: string;
  texts: PlayerTexts;
}

/** Where one is in the video, with its chapters, and a picture of the place under the pointer. */
export function Seek({ playback, chapters, sheet, sheetAddress, texts }: Props) {
  const { durationS } = playback;
  const [hoverS, setHoverS] = useState<number | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  const timeS = playback.timeS.value;
  const at = (seconds: number) => `${(Math.min(seconds, durationS) / durationS) * 100}%`;
  const chapter = chapterAt(chapters, timeS);
  const spoken = texts.t("player.at", { time: clock(timeS), all: clock(durationS) });

  function hover(event: PointerEvent): void {
    const box = bar.current?.getBoundingClientRect();
    if (!box || box.width === 0) return;
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    setHoverS((getComputedStyle(bar.current as Element).direction === "rtl" ? 1 - share : share) * durationS);
  }

  return (
    <div
      class="seek"
      ref={bar}
      onPointerMove={hover}
      onPointerDown={hover}
      onPointerLeave={() => setHoverS(null)}
      onPointerCancel={() => setHoverS(null)}
    >
      <div class="seek-track" aria-hidden="true">
        <span class="seek-buffered" style={{ width: at(playback.bufferedS.value) }} />
        <span class="seek-played" style={{ width: at(timeS) }} />
        {chapters.slice(1).map(({ startS }) => (
          <span key={startS} class="seek-mark" style={{ insetInlineStart: at(startS) }} />
        ))}
      </div>
      <input
        type="range"
        data-seek
        data-testid="seek"
        min={0}
        max={durationS}
        step="any"
        value={timeS}
        aria-label={texts.t("player.seek")}
        aria-valuetext={chapter ? `${spoken}, ${titleOf(chapter, texts)}` : spoken}
        onInput={(event) => playback.seek(Number(event.currentTarget.value))}
      />
      {hoverS !== null && (
        <Preview
          timeS={hoverS}
          place={at(hoverS)}
          title={chapters.length > 1 ? titleOf(chapterAt(chapters, hoverS) as ListedChapter, texts) : ""}
          sheet={sheet}
          sheetAddress={sheetAddress}
        />
      )}
    </div>
  );
}

interface PreviewProps {
  timeS: number;
  place: string;
  title: string;
  sheet: Sheet;
  sheetAddress: string;
}

function Preview({ timeS, place, title, sheet, sheetAddress }: PreviewProps) {
  const thumbnail = thumbnailAt(sheet, timeS);
  return (
    <div class="seek-preview" data-testid="seek-preview" style={{ "--place": place }} aria-hidden="true">
      {thumbnail && <span class="seek-picture" style={backgroundOf(sheet, sheetAddress, thumbnail)} />}
      {title && <span class="seek-title">{title}</span>}
      <span>{clock(timeS)}</span>
    </div>
  );
}
