import type { ChatMessage } from "meet-client/signal/shapes";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { Button } from "../kit/Button";
import { arrowDown } from "../kit/icons";

/** Nearer to the end than this many pixels counts as there. */
const NEAR = 40;

/** Keeps the end of a growing list in sight, unless somebody has scrolled up: then it counts what they miss. */
export function useFollow(messages: readonly ChatMessage[], myId: string) {
  const ref = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const seen = useRef(messages.at(-1)?.id ?? 0);
  const [missed, setMissed] = useState(0);

  const toEnd = () => {
    const list = ref.current;
    if (!list) return;
    following.current = true;
    seen.current = messages.at(-1)?.id ?? 0;
    list.scrollTop = list.scrollHeight;
    setMissed(0);
  };
  const last = messages.at(-1);
  useLayoutEffect(() => {
    if (following.current || last?.peerId === myId) toEnd();
    else setMissed(messages.filter(({ id, peerId }) => id > seen.current && peerId !== myId).length);
  }, [last?.id]);
  useLayoutEffect(() => {
    const list = ref.current;
    if (!list) return;
    const observer = new ResizeObserver(() => {
      if (following.current) list.scrollTop = list.scrollHeight;
    });
    observer.observe(list);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const list = ref.current;
    if (!list) return;
    following.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
    seen.current = Math.max(seen.current, following.current ? (messages.at(-1)?.id ?? 0) : 0);
    if (following.current) setMissed(0);
  };
  return { ref, missed, toEnd, onScroll };
}

/** Leads to what came below. */
export function NewBelow({ count, onClick }: { count: number; onClick: () => void }) {
  return (
    <Button
      size="small"
      variant="primary"
      class="chat-new"
      icon={arrowDown}
      testId="chat-new"
      onClick={onClick}
    >
      {t("chat.new", { count })}
    </Button>
  );
}
