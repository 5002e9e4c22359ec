import { useState } from "preact/hooks";
import { locale, t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
import { CopyButton } from "../kit/CopyButton";
import { LongList } from "../kit/LongList";
import { peopleOf, search } from "../logic/people";
import { AtDoor } from "./AtDoor";
import { Group } from "./Group";
import { Interpreters } from "./Interpreters";
import { PersonRow } from "./Person";
import { SidePanel } from "./SidePanel";
import { ViewerHands } from "./ViewerHands";
import { Viewers } from "./Viewers";

/** From this many people on, a name is looked for. */
const SEARCH_FROM = 9;

/** Who is here; for moderators also who wants to be, and what they can do about everybody. */
export function People() {
  const meeting = useMeeting();
  const state = meeting.state.value;
  const { me, viewers } = state;
  const { inviteUrl } = useView().state.value;
  const webinar = state.interface === "webinar";
  const [words, setWords] = useState("");
  const people = peopleOf(state, locale());
  const wanted = people.length >= SEARCH_FROM ? words.trim() : "";
  const found = search(people, wanted);
  const heading = webinar ? t("people.speakers") : t("people.here");

  return (
    <SidePanel title={t("people.title")} testId="people-panel">
      <div class="people-scroll">
        {me.permissions.moderate && (
          <>
            <AtDoor />
            <ViewerHands />
          </>
        )}
        {people.length >= SEARCH_FROM && (
          <input
            type="search"
            class="input people-search"
            placeholder={t("people.search")}
            aria-label={t("people.search")}
            value={words}
            data-testid="people-search"
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        )}
        <Group title={heading} count={people.length} shown={wanted ? found.length : undefined}>
          <LongList
            items={found}
            row={(person, position) => <PersonRow key={person.id} person={person} position={position} />}
          />
          {found.length === 0 && (
            <p class="people-none">{wanted ? t("people.nobodyFound") : t("people.nobody")}</p>
          )}
        </Group>
        <Interpreters />
        {(webinar || viewers > 0) &&
          (me.permissions.moderate && viewers > 0 ? (
            <Viewers />
          ) : (
            <Group title={t("people.viewers")} count={viewers} countTestId="people-viewers" />
          ))}
      </div>
      {inviteUrl !== null && (
        <footer class="panel-foot">
          <CopyButton url={inviteUrl} size="small" testId="panel-copy-link" />
        </footer>
      )}
    </SidePanel>
  );
}
