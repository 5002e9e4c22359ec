import { useEffect, useRef, useState } from "preact/hooks";
import { tDynamic } from "../../i18n/room";
import type { MeetingState } from "../../store/types";
import { useMeeting, useView } from "../context";
import { type Announcement, announceChat, announcements, announceNew } from "../logic/announce";

type Heard = Pick<MeetingState, "peers" | "waiting" | "viewerHands" | "chat">;

/** Says what happens to those who listen to the page instead of looking at it. */
export function Announcer() {
  const { peers, waiting, viewerHands, chat, me } = useMeeting().state.value;
  const { panel } = useView().state.value;
  const before = useRef<Heard>({ peers, waiting, viewerHands, chat });
  const [text, setText] = useState("");
  useEffect(() => {
    const was = before.current;
    before.current = { peers, waiting, viewerHands, chat };
    const news: Announcement[] = [
      ...announcements(was.peers, peers),
      ...announceNew("door.one", was.waiting, waiting),
      ...announceNew("announce.hand", was.viewerHands, viewerHands),
      // An open chat speaks for itself.
      ...(panel === "chat" ? [] : announceChat(chat, was.chat.at(-1)?.id ?? 0, me.peerId)),
    ];
    if (news.length)
      setText(news.map(({ key, values }) => tDynamic(key, values, "notice.unknown")).join(". "));
  }, [peers, waiting, viewerHands, chat]);
  return (
    <div class="visually-hidden" role="status" aria-live="polite" data-testid="announcer">
      {text}
    </div>
  );
}
