import type { ViewerInfo } from "meet-client/signal/shapes";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { IconButton } from "../kit/IconButton";
import { kick } from "../kit/icons";
import { LongList } from "../kit/LongList";
import { removePerson } from "../removePerson";
import { Group } from "./Group";
import { NameRow } from "./NameRow";

/** After the last letter, and after the number of viewers has changed, it is asked again no sooner. */
const ASK_AFTER_MS = 400;
const SEARCH_FROM = 9;

/** For moderators: who only watches, a page at a time; each can be brought on stage or removed. */
export function Viewers() {
  const { state, moderator } = useMeeting();
  const { viewers: count } = state.value;
  const [words, setWords] = useState("");
  const [found, setFound] = useState<{ viewers: ViewerInfo[]; total: number }>({ viewers: [], total: 0 });
  const asked = useRef(0);

  /** The answer to the newest question counts, however late an older one is answered. */
  async function ask(offset: number, before: ViewerInfo[]): Promise<void> {
    const number = ++asked.current;
    const page = await moderator.viewers(words, offset).catch(() => null);
    if (page !== null && number === asked.current) {
      setFound({ viewers: [...before, ...page.viewers], total: page.total });
    }
  }

  useEffect(() => {
    const timer = setTimeout(() => void ask(0, []), found.viewers.length === 0 ? 0 : ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [words, count]);

  return (
    <Group title={t("people.viewers")} count={count} countTestId="people-viewers">
      {(count >= SEARCH_FROM || words !== "") && (
        <input
          type="search"
          class="input people-search"
          placeholder={t("people.search")}
          aria-label={t("people.searchViewers")}
          value={words}
          data-testid="viewers-search"
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      )}
      <LongList
        items={found.viewers}
        total={found.total}
        row={({ peerId, displayName: name }, position) => (
          <NameRow peerId={peerId} name={name} testId="viewer" mark="viewer" key={peerId} position={position}>
            <IconButton
              icon={kick}
              label={t("people.kickOne", { name })}
              variant="quiet"
              testId="kick-viewer"
              onClick={() => void removePerson(moderator, peerId, name)}
            />
            <Button
              size="small"
              label={t("people.toStageOne", { name })}
              testId="viewer-to-stage"
              onClick={() => void attempt(moderator.setOnStage(peerId, true))}
            >
              {t("people.toStage")}
            </Button>
          </NameRow>
        )}
      />
      {words !== "" && found.total === 0 && <p class="people-none">{t("people.nobodyFound")}</p>}
      {found.viewers.length < found.total && (
        <div class="people-all">
          <Button
            size="small"
            variant="quiet"
            testId="more-viewers"
            onClick={() => void ask(found.viewers.length, found.viewers)}
          >
            {t("people.moreViewers", { count: found.total - found.viewers.length })}
          </Button>
        </div>
      )}
    </Group>
  );
}
