import { useEffect, useRef } from "preact/hooks";
import { useMeeting, useView } from "../context";
import { notify } from "../localNotices";
import { chatPreviews } from "../logic/rememberedSwitch";

/** So much of a message is shown, in characters. */
const LENGTH = 80;

/** What others write while the chat is closed, in short; the settings turn it off. */
export function ChatPreview() {
  const { chat, me } = useMeeting().state.value;
  const view = useView();
  const seen = useRef(chat.at(-1)?.id ?? 0);
  useEffect(() => {
    const news = chat.filter(({ id, peerId }) => id > seen.current && peerId !== me.peerId);
    seen.current = Math.max(seen.current, chat.at(-1)?.id ?? 0);
    const message = news.at(-1);
    if (!message || !chatPreviews.on.value || view.state.peek().panel === "chat") return;
    const characters = [...message.text.replace(/\s+/g, " ")];
    const text =
      characters.length > LENGTH ? `${characters.slice(0, LENGTH).join("")}…` : characters.join("");
    const open = { key: "notice.openChat" as const, run: () => view.setPanel("chat") };
    notify("info", "notice.chat", { name: message.displayName, text }, open);
  }, [chat]);
  return null;
}
