import type { PlayerTexts } from "../../i18n/player";
import type { ListedChapter } from "../../wire/player";
import { chapterAt, titleOf } from "./chapters";
import type { Playback } from "./playback";
import { clock } from "./time";

interface Props {
  playback: Playback;
  chapters: ListedChapter[];
  texts: PlayerTexts;
}

/** The chapters, each of which plays with a press. */
export function Chapters({ playback, chapters, texts }: Props) {
  const current = chapterAt(chapters, playback.timeS.value);
  return (
    <ol class="chapters" data-testid="chapters">
      {chapters.map((chapter) => (
        <li key={chapter.startS}>
          <button
            type="button"
            class="chapter"
            aria-current={chapter === current ? "true" : undefined}
            onClick={() => {
              playback.seek(chapter.startS);
              void playback.play();
            }}
          >
            <span class="chapter-time">{clock(chapter.startS)}</span>
            <span dir="auto">{titleOf(chapter, texts)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
