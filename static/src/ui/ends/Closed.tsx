import { endedBy } from "meet-client/room/endings";
import { denialWords, isCode } from "../../i18n/denial";
import { denialTexts, isKey, t, tDynamic } from "../../i18n/room";
import { CheckLink } from "../CheckLink";
import { useMeeting } from "../context";
import { useCountdown } from "../hooks/useCountdown";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { kick, left, locked, warning, wifiOff } from "../kit/icons";
import { busyAgainS } from "../logic/busyAgain";
import { contactHref } from "../logic/contact";
import { MessageScreen } from "./MessageScreen";

/** What only the server's page can change, not another try of this one. */
const NEEDS_A_NEW_PAGE: readonly string[] = ["outdatedPage", "ticketInvalid"];

/** What a moderator decided about this person: another try would be of no use. */
const FINAL: readonly string[] = ["kicked", "meetingEnded"];

const ICONS: Readonly<Record<string, string>> = {
  connectionLost: wifiOff,
  kicked: kick,
  meetingEnded: left,
  roomLocked: locked,
};

/** After the server, the network or a moderator ended it: why, and how to get back in. */
export function Closed() {
  const { closed, contact } = useMeeting().state.value;
  const code = closed?.code ?? "connectionLost";
  const { title, text } = words(code, closed?.message);
  return (
    <MessageScreen
      title={title}
      text={text}
      mark={<Icon svg={ICONS[code] ?? warning} />}
      tone={code === "meetingEnded" ? undefined : "warn"}
      testId="closed"
      code={code}
      note={
        <>
          {code === "roomLocked" && contact !== "" && <Contact contact={contact} />}
          {code === "serverBusy" && <AgainByItself />}
        </>
      }
    >
      <WayOn code={code} />
    </MessageScreen>
  );
}

/** A server that is busy has place a little later: the page asks again by itself. */
function AgainByItself() {
  const meeting = useMeeting();
  const seconds = useCountdown(
    () => busyAgainS(Math.random()),
    () => void meeting.join(meeting.state.peek().me.displayName || t("welcome.guest")),
  );
  return (
    <p class="screen-again" aria-live="off" data-testid="again">
      {t("closed.again", { seconds: String(seconds) })}
    </p>
  );
}

function canTryAgain(code: string): boolean {
  return endedBy({ code, message: "" }).canJoinAgain;
}

/** The server's refusals of a new ticket have the words of its page for them. */
function words(code: string, message = ""): { title: string; text: string } {
  if (isCode(code)) {
    const { title, message: text, hint } = denialWords(denialTexts(), code);
    // Where time helps, the server's page tries again by itself; here is a button.
    return { title, text: canTryAgain(code) ? text : `${text} ${hint}`.trim() };
  }
  const hint = `closed.${code}.hint`;
  const title = tDynamic(`closed.${code}.title`, {}, "closed.title");
  return { title, text: isKey(hint) ? tDynamic(hint, {}, "closed.title") : message };
}

function Contact({ contact }: { contact: string }) {
  const href = contactHref(contact);
  return (
    <p class="screen-contact" data-testid="contact">
      {t("closed.contact")}{" "}
      {href === null ? (
        <strong>{contact}</strong>
      ) : (
        <a href={href} target="_blank" rel="noopener noreferrer">
          {contact}
        </a>
      )}
    </p>
  );
}

function WayOn({ code }: { code: string }) {
  const meeting = useMeeting();
  if (FINAL.includes(code) || (isCode(code) && !canTryAgain(code))) return null;
  const reload = NEEDS_A_NEW_PAGE.includes(code);
  return (
    <>
      <Button
        variant="primary"
        testId="retry"
        onClick={() => {
          if (reload) location.reload();
          else void meeting.join(meeting.state.peek().me.displayName || t("welcome.guest"));
        }}
      >
        {reload ? t("closed.reload") : t("closed.retry")}
      </Button>
      {code === "connectionLost" && <CheckLink />}
    </>
  );
}
