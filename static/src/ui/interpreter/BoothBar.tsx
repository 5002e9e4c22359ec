import { t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { IconButton } from "../kit/IconButton";
import { chat, fullscreen, fullscreenEnd, headphones, keyboard, leave, people, settings } from "../kit/icons";
import { BOOTH_KEYS } from "../logic/boothKeys";
import { RoomInfo } from "../room/RoomInfo";
import { availableActions, useActions } from "../room/useActions";

interface Props {
  language: string;
  onSettings: () => void;
  onHelp: () => void;
}

/** Into which language I interpret and where; and what is not needed every minute. */
export function BoothBar({ language, onSettings, onHelp }: Props) {
  const meeting = useMeeting();
  const view = useView();
  const act = useActions();
  const { me } = meeting.state.value;
  const { panel, unread, fullscreen: full } = view.state.value;
  const can = availableActions(meeting);
  return (
    <header class="booth-bar">
      <h1 class="booth-language" data-testid="booth-language" data-language={me.language}>
        <Icon svg={headphones} />
        {language ? (
          <>
            <span class="booth-into">{t("booth.into")}</span>
            <span lang={me.language}>{language}</span>
          </>
        ) : (
          <span>{t("booth.title")}</span>
        )}
      </h1>
      <RoomInfo />
      <div class="booth-tools" role="toolbar" aria-label={t("control.bar")}>
        <IconButton
          icon={chat}
          label={me.permissions.chat ? t("booth.chat") : t("control.chatOff")}
          name={
            unread > 0 ? `${t("booth.chat")}, ${t("control.unread", { count: unread })}` : t("booth.chat")
          }
          shortcut={BOOTH_KEYS.chat}
          state={panel === "chat" ? "active" : "on"}
          expanded={panel === "chat"}
          disabled={!me.permissions.chat && panel !== "chat"}
          testId="toggle-chat"
          unread={unread}
          onClick={() => act("chat")}
        >
          {unread > 0 && (
            <span class="count-badge" data-tone="new" aria-hidden="true">
              {Math.min(unread, 99)}
            </span>
          )}
        </IconButton>
        <IconButton
          icon={people}
          label={panel === "people" ? t("control.peopleClose") : t("control.people")}
          shortcut={BOOTH_KEYS.people}
          state={panel === "people" ? "active" : "on"}
          expanded={panel === "people"}
          testId="toggle-people"
          onClick={() => act("people")}
        />
        <IconButton icon={settings} label={t("control.settings")} testId="settings" onClick={onSettings} />
        {can.fullscreen && (
          <IconButton
            icon={full ? fullscreenEnd : fullscreen}
            label={full ? t("control.fullscreenEnd") : t("control.fullscreen")}
            shortcut={BOOTH_KEYS.fullscreen}
            testId="fullscreen"
            onClick={() => act("fullscreen")}
          />
        )}
        <IconButton
          icon={keyboard}
          label={t("shortcuts.title")}
          shortcut={BOOTH_KEYS.help}
          testId="help-open"
          onClick={onHelp}
        />
        <Button
          icon={leave}
          class="leave"
          label={t("control.leave")}
          testId="leave"
          onClick={() => void meeting.leave()}
        >
          {t("control.leave")}
        </Button>
      </div>
    </header>
  );
}
