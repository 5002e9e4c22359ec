import { t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
import { IconButton } from "../kit/IconButton";
import { chat, moderator, people } from "../kit/icons";
import { SHORTCUTS } from "../logic/keyboard";
import { useActions } from "./useActions";

/** What still fits on a button's badge: of messages it matters that there are many, of people how many. */
const MESSAGES_UP_TO = 99;
const PEOPLE_UP_TO = 999;

function short(count: number, upTo: number): string {
  return count > upTo ? `${upTo}+` : String(count);
}

/** How many people have a tile, with me. */
export function usePeopleCount(): number {
  const { peers, me } = useMeeting().state.value;
  return peers.length + (me.viewer ? 0 : 1);
}

/** Opens the chat; tells how much of it is new. Where the chat is off, the button is there but can't be pressed. */
export function ChatToggle() {
  const act = useActions();
  const { panel, unread } = useView().state.value;
  const allowed = useMeeting().state.value.me.permissions.chat;
  const open = panel === "chat";
  const label = !allowed ? t("control.chatOff") : open ? t("control.chatClose") : t("control.chat");
  return (
    <IconButton
      icon={chat}
      label={label}
      name={unread > 0 ? `${t("control.chat")}, ${t("control.unread", { count: unread })}` : label}
      shortcut={SHORTCUTS.chat}
      state={open ? "active" : "on"}
      expanded={open}
      disabled={!allowed && !open}
      testId="toggle-chat"
      unread={unread}
      onClick={() => act("chat")}
    >
      {unread > 0 && (
        <span class="count-badge" data-tone="new" aria-hidden="true">
          {short(unread, MESSAGES_UP_TO)}
        </span>
      )}
    </IconButton>
  );
}

/** Opens the list of people; tells how many there are, and moderators that somebody is waiting. */
export function PeopleToggle() {
  const act = useActions();
  const { waiting, viewerHands } = useMeeting().state.value;
  const count = usePeopleCount();
  const open = useView().state.value.panel === "people";
  const label = open ? t("control.peopleClose") : t("control.people");
  const wanted = waiting.length + viewerHands.length > 0 && !open;
  const many = t("room.participants", { count });
  return (
    <IconButton
      icon={people}
      label={`${label} – ${many}`}
      name={
        waiting.length
          ? `${label}, ${many}, ${t("control.atDoor", { count: waiting.length })}`
          : `${label}, ${many}`
      }
      shortcut={SHORTCUTS.people}
      state={open ? "active" : "on"}
      expanded={open}
      testId="toggle-people"
      dot={wanted}
      onClick={() => act("people")}
    >
      <span class="count-badge" aria-hidden="true" data-testid="participant-count" data-count={count}>
        {short(count, PEOPLE_UP_TO)}
      </span>
    </IconButton>
  );
}

/** For moderators: opens what concerns the whole meeting; tells how many are waiting to come in. */
export function ModeratorToggle() {
  const act = useActions();
  const { waiting } = useMeeting().state.value;
  const open = useView().state.value.panel === "moderator";
  const label = open ? t("control.moderatorClose") : t("control.moderator");
  return (
    <IconButton
      icon={moderator}
      label={label}
      name={waiting.length ? `${label}, ${t("control.atDoor", { count: waiting.length })}` : label}
      shortcut={SHORTCUTS.moderator}
      state={open ? "active" : "on"}
      expanded={open}
      testId="toggle-moderator"
      onClick={() => act("moderator")}
    >
      {waiting.length > 0 && (
        <span class="count-badge" data-tone="new" data-testid="waiting-count" aria-hidden="true">
          {short(waiting.length, PEOPLE_UP_TO)}
        </span>
      )}
    </IconButton>
  );
}
