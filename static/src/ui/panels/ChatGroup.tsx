import { localesOf } from "../../i18n/language";
import { locale, t } from "../../i18n/room";
import { Avatar, colourOf } from "../kit/Avatar";
import { IconButton } from "../kit/IconButton";
import { bin } from "../kit/icons";
import type { ChatGroup } from "../logic/chat";
import { linkify } from "../logic/linkify";

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The time of day, as it is written in the language of the moment. */
function clockTime(at: number): string {
  const language = locale();
  let clock = clocks.get(language);
  if (!clock) {
    clock = new Intl.DateTimeFormat(localesOf(language), { hour: "2-digit", minute: "2-digit" });
    clocks.set(language, clock);
  }
  return clock.format(at);
}

interface Props {
  group: ChatGroup;
  mine: boolean;
  /** Takes one message away from everybody; null for those who may not. */
  onRemove: ((messageId: number) => void) | null;
}

/** What one person wrote in a row. Everything in it is text but the links, which lead to the web. */
export function ChatGroupView({ group, mine, onRemove }: Props) {
  const { peerId, displayName, at, messages } = group;
  return (
    <section class="chat-group" data-mine={mine ? "" : undefined}>
      {!mine && <Avatar name={displayName} identity={peerId} />}
      <div class="chat-body">
        <header class="chat-from">
          <strong style={{ "--name-colour": mine ? null : colourOf(peerId) }} title={displayName}>
            {mine ? t("chat.you") : displayName}
          </strong>
          <time dateTime={new Date(at).toISOString()}>{clockTime(at)}</time>
        </header>
        {messages.map((message) => (
          <div key={message.id} class="chat-line">
            <p
              class="chat-message"
              dir="auto"
              data-testid="chat-message"
              data-peer-id={peerId}
              title={clockTime(message.at)}
            >
              {linkify(message.text).map(({ text, href }, index) =>
                href ? (
                  <a key={index} href={href} target="_blank" rel="noopener noreferrer">
                    {text}
                  </a>
                ) : (
                  text
                ),
              )}
            </p>
            {onRemove && (
              <IconButton
                icon={bin}
                label={t("chat.remove")}
                variant="quiet"
                testId="remove-message"
                onClick={() => onRemove(message.id)}
              />
            )}
          </div>
        ))}
      </div>
    </section>
  );
}
