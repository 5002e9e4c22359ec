import { isKey, t, tDynamic } from "../../i18n";
import { useMeeting } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { kick, left, locked, warning, wifiOff } from "../kit/icons";
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
  const hint = `closed.${code}.hint`;
  return (
    <MessageScreen
      title={tDynamic(`closed.${code}.title`, {}, "closed.title")}
      text={isKey(hint) ? tDynamic(hint, {}, "closed.title") : closed?.message}
      mark={<Icon svg={ICONS[code] ?? warning} />}
      tone={code === "meetingEnded" ? undefined : "warn"}
      testId="closed"
      code={code}
      note={code === "roomLocked" && contact !== "" && <Contact contact={contact} />}
    >
      <WayOn code={code} />
    </MessageScreen>
  );
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
  if (FINAL.includes(code)) return null;
  const reload = NEEDS_A_NEW_PAGE.includes(code);
  return (
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
  );
}
