import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting } from "../context";
import { IconButton } from "../kit/IconButton";
import { send } from "../kit/icons";
import { MAX_MESSAGE_LENGTH, messageText } from "../logic/chat";

/** What was typed and not sent survives that the panel is closed. */
let draft = "";

/** A field that grows with what is typed: Enter sends, Shift + Enter starts a new line. */
export function ChatInput() {
  const meeting = useMeeting();
  const connected = meeting.state.value.phase === "joined";
  const [text, setText] = useState(draft);
  const field = useRef<HTMLTextAreaElement>(null);
  draft = text;

  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [text]);

  const submit = () => {
    const message = messageText(text);
    if (!message || !connected) return;
    setText("");
    void meeting.sendChat(message).then((sent) => {
      // What could not be sent comes back, before what was typed meanwhile.
      if (!sent) setText((typed) => (typed ? `${message}\n${typed}` : message));
    });
    field.current?.focus();
  };
  return (
    <form
      class="chat-input"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <textarea
        ref={field}
        class="input"
        rows={1}
        value={text}
        maxLength={MAX_MESSAGE_LENGTH}
        placeholder={connected ? t("chat.placeholder") : t("chat.offline")}
        aria-label={t("chat.placeholder")}
        title={t("chat.sendHint")}
        enterkeyhint="send"
        data-testid="chat-input"
        data-focus-first=""
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          submit();
        }}
      />
      <IconButton
        icon={send}
        label={t("chat.send")}
        state="active"
        disabled={!connected || messageText(text) === null}
        testId="chat-send"
        onClick={submit}
      />
    </form>
  );
}
