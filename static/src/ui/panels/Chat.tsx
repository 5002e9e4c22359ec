import { useMemo } from "preact/hooks";
import { locale, t } from "../../i18n/room";
import { attempt } from "../attempt";
import { useMeeting } from "../context";
import { Icon } from "../kit/Icon";
import { chat as bubble } from "../kit/icons";
import { groupMessages } from "../logic/chat";
import { ChatGroupView } from "./ChatGroup";
import { ChatInput } from "./ChatInput";
import { NewBelow, useFollow } from "./follow";
import { SidePanel } from "./SidePanel";

/** What people write to each other. */
export function Chat() {
  const meeting = useMeeting();
  const { chat, me } = meeting.state.value;
  const { ref, missed, toEnd, onScroll } = useFollow(chat, me.peerId);
  const { moderate } = me.permissions;
  // Hundreds of messages are not drawn anew because something else happens in the room.
  const groups = useMemo(() => {
    const remove = (id: number) => void attempt(meeting.moderator.removeMessage(id));
    return groupMessages(chat).map((group) => (
      <ChatGroupView
        key={group.id}
        group={group}
        mine={group.peerId === me.peerId}
        onRemove={moderate ? remove : null}
      />
    ));
  }, [meeting, chat, me.peerId, moderate, locale()]);
  return (
    <SidePanel title={t("chat.title")} testId="chat-panel">
      <div class="chat-scroll">
        <div
          class="chat-log"
          role="log"
          aria-label={t("chat.log")}
          aria-live="polite"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: so that keys can scroll it
          tabIndex={0}
          ref={ref}
          onScroll={onScroll}
        >
          {chat.length === 0 && (
            <div class="panel-empty">
              <Icon svg={bubble} />
              <strong>{t("chat.empty")}</strong>
              <p>{t("chat.emptyHint")}</p>
            </div>
          )}
          {groups}
        </div>
        {missed > 0 && <NewBelow count={missed} onClick={toEnd} />}
      </div>
      {me.permissions.chat ? (
        <ChatInput />
      ) : (
        <p class="chat-off" data-testid="chat-disabled">
          {t("chat.disabled")}
        </p>
      )}
    </SidePanel>
  );
}
