import { isForbidden } from "meet-client/room/permitted";
import { t } from "../../i18n/room";
import { copyText } from "../clipboard";
import { useMeeting, useView } from "../context";
import {
  chat,
  fullscreen,
  fullscreenEnd,
  hand,
  keyboard,
  link,
  moderator,
  more,
  people,
  screen,
  screenOff,
  settings,
  turnCamera,
} from "../kit/icons";
import { Menu, type MenuItem } from "../kit/Menu";
import { notify } from "../localNotices";
import type { Control } from "../logic/fit";
import { SHORTCUTS } from "../logic/keyboard";
import { canTurn } from "../logic/turns";
import { usePeopleCount } from "./PanelToggles";
import { availableActions, type RoomAction, useActions } from "./useActions";

interface Props {
  /** The controls that the bar has no room for. */
  items: readonly Control[];
  onSettings: () => void;
  onHelp: () => void;
}

/** What has a box of its own, or stands among what is always in the menu. */
const NOT_IN_MENUS: readonly Control[] = ["language", "volume", "fullscreen"];

/** Everything that isn't needed every minute, and what the bar has no room for. */
export function MoreMenu({ items, onSettings, onHelp }: Props) {
  const meeting = useMeeting();
  const view = useView();
  const act = useActions();
  const { waiting, local, devices } = meeting.state.value;
  const { unread, inviteUrl } = view.state.value;
  const can = availableActions(meeting);
  const moved = items.filter((control) => !NOT_IN_MENUS.includes(control));
  const describe = useDescriptions();

  const copy = async (url: string) => {
    if (await copyText(url)) notify("info", "room.linkCopied");
    else notify("warning", "room.copyFailed", { link: url });
  };
  const own: MenuItem[] = [
    ...(inviteUrl === null
      ? []
      : [{ id: "copy", label: t("room.copyLink"), icon: link, testId: "copy-link" }]),
    { id: "settings", label: t("control.settings"), icon: settings, testId: "settings" },
  ];
  if (canTurn(local.camera.stream, devices.camera))
    own.unshift({
      id: "otherCamera",
      label: t("control.otherCamera"),
      icon: turnCamera,
      testId: "other-camera-item",
    });
  if (can.fullscreen) own.push(describe.fullscreen);
  if (hasKeyboard())
    own.push({
      id: "help",
      label: t("shortcuts.title"),
      icon: keyboard,
      note: SHORTCUTS.help,
      testId: "help-open",
    });
  const news =
    (items.includes("chat") && unread > 0) ||
    ((items.includes("people") || items.includes("moderator")) && waiting.length > 0);

  const choose = (id: string) => {
    if (id === "copy") void copy(inviteUrl ?? "");
    else if (id === "otherCamera") void meeting.otherCamera();
    else if (id === "settings") onSettings();
    else if (id === "help") onHelp();
    else act(id as RoomAction);
  };
  return (
    <Menu
      label={t("control.more")}
      icon={more}
      testId="more"
      dot={news}
      groups={[
        ...(moved.length
          ? [{ items: moved.map((control) => describe[control as Moved]), onChoose: choose }]
          : []),
        { items: own, onChoose: choose },
      ]}
    />
  );
}

type Moved = "share" | "hand" | "chat" | "people" | "moderator" | "fullscreen";

/** The controls as lines of a menu. */
function useDescriptions(): Record<Moved, MenuItem> {
  const meeting = useMeeting();
  const { local, me, waiting } = meeting.state.value;
  const { unread, fullscreen: full } = useView().state.value;
  const count = usePeopleCount();
  const sharing = local.screen.status === "on";
  const mayNotShare = isForbidden("screen", me);
  const key = (action: RoomAction) => (hasKeyboard() ? SHORTCUTS[action] : undefined);
  return {
    share: {
      id: "share",
      label: mayNotShare
        ? t("control.forbidden.screen")
        : sharing
          ? t("control.stopShare")
          : t("control.share"),
      icon: sharing ? screenOff : screen,
      disabled: mayNotShare,
      note: key("share"),
      testId: "toggle-share",
    },
    hand: {
      id: "hand",
      label: me.handRaisedAt === null ? t("control.hand") : t("control.handDown"),
      icon: hand,
      note: key("hand"),
      testId: "toggle-hand",
    },
    chat: {
      id: "chat",
      label: me.permissions.chat ? t("control.chat") : t("control.chatOff"),
      icon: chat,
      disabled: !me.permissions.chat,
      note: unread > 0 ? String(unread) : undefined,
      testId: "toggle-chat",
    },
    people: {
      id: "people",
      label: t("control.people"),
      icon: people,
      note: String(count),
      testId: "toggle-people",
    },
    moderator: {
      id: "moderator",
      label: t("control.moderator"),
      icon: moderator,
      note: waiting.length > 0 ? String(waiting.length) : key("moderator"),
      testId: "toggle-moderator",
    },
    fullscreen: {
      id: "fullscreen",
      label: full ? t("control.fullscreenEnd") : t("control.fullscreen"),
      icon: full ? fullscreenEnd : fullscreen,
      note: key("fullscreen"),
      testId: "fullscreen",
    },
  };
}

/** As good as can be told: where there is a mouse, there mostly is one. */
function hasKeyboard(): boolean {
  return matchMedia("(any-pointer: fine)").matches;
}
