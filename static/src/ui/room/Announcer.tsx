import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { tDynamic } from "../../i18n/room";
import type { MeetingState } from "../../store/types";
import { useMeeting, useView } from "../context";
import { type Announcement, announceChat, announcements, announceNew, PAUSE_MS } from "../logic/announce";

type Heard = Pick<MeetingState, "peers" | "waiting" | "viewerHands" | "chat">;

interface Said {
  number: number;
  text: string;
}

/** Says what happens to those who listen to the page instead of looking at it. */
export function Announcer() {
  const { peers, waiting, viewerHands, chat, me } = useMeeting().state.value;
  const { panel } = useView().state.value;
  const heard: Heard = { peers, waiting, viewerHands, chat };
  const told = useRef(heard);
  // An open chat speaks for itself.
  const heardInChat = useRef(0);
  useLayoutEffect(() => {
    if (panel === "chat") heardInChat.current = chat.at(-1)?.id ?? 0;
  }, [panel, chat]);
  const pause = useRef<ReturnType<typeof setTimeout> | null>(null);
  const [said, setSaid] = useState<Said>({ number: 0, text: "" });
  const say = useRef(() => {});
  say.current = () => {
    const was = told.current;
    told.current = heard;
    const news: Announcement[] = [
      ...announcements(was.peers, peers),
      ...announceNew("door.one", was.waiting, waiting),
      ...announceNew("announce.hand", was.viewerHands, viewerHands),
      ...announceChat(chat, Math.max(was.chat.at(-1)?.id ?? 0, heardInChat.current), me.peerId),
    ];
    if (news.length === 0) return;
    const text = news.map(({ key, values }) => tDynamic(key, values, "notice.unknown")).join(". ");
    setSaid(({ number }) => ({ number: number + 1, text }));
    pause.current = setTimeout(() => {
      pause.current = null;
      say.current();
    }, PAUSE_MS);
  };
  useEffect(() => {
    if (pause.current === null) say.current();
  }, [peers, waiting, viewerHands, chat]);
  useEffect(
    () => () => {
      if (pause.current !== null) clearTimeout(pause.current);
    },
    [],
  );
  return (
    <div class="visually-hidden" role="status" aria-live="polite" data-testid="announcer">
      {/* The same words twice are two elements: else the second time would not be said. */}
      <span key={said.number}>{said.text}</span>
    </div>
  );
}
