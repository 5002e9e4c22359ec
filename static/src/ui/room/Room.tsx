import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { useMeeting, useView } from "../context";
import { useMatch } from "../hooks/useMatch";
import { useShortcuts } from "../hooks/useShortcuts";
import { useWakeLock } from "../hooks/useWakeLock";
import { notify } from "../localNotices";
import type { Action } from "../logic/keyboard";
import { Chat } from "../panels/Chat";
import { Moderator } from "../panels/Moderator";
import { People } from "../panels/People";
import { Alone } from "./Alone";
import { Announcer } from "./Announcer";
import { AskedToTurnOn } from "./AskedToTurnOn";
import { ChatPreview } from "./ChatPreview";
import { Controls } from "./Controls";
import { Door } from "./Door";
import { Reconnecting } from "./Reconnecting";
import { RecordingBadge } from "./RecordingBadge";
import { ViewerCount } from "./RoomInfo";
import { Settings } from "./Settings";
import { Shortcuts } from "./Shortcuts";
import { Sound } from "./Sound";
import { Tiles } from "./Tiles";
import { availableActions, type RoomAction, useActions } from "./useActions";

/** From here on the bar has room for what stands above the tiles on narrower pages. */
const WIDE = "(min-width: 1000px)";

type Window = "settings" | "help";

/** The meeting itself. Without its controls, it is only what the others send. */
export function Room() {
  const meeting = useMeeting();
  const view = useView();
  const state = meeting.state.value;
  const { panel, controlsVisible } = view.state.value;
  const [open, setOpen] = useState<Window | null>(null);
  const act = useActions();
  useWakeLock();
  useStageNotice();
  useShortcuts((action: Action) => {
    if (!view.state.peek().controlsVisible) return;
    if (action === "help") setOpen((window) => (window === "help" ? null : "help"));
    else act(action);
  });
  const nobody = state.peers.length === 0 && state.viewers === 0 && state.waiting.length === 0;
  const alone = nobody && !state.me.viewer && state.phase === "joined";
  const can = availableActions(meeting);
  const wide = useMatch(WIDE);

  return (
    <div class="room" data-testid="room" data-panel={controlsVisible ? (panel ?? undefined) : undefined}>
      <AskedToTurnOn />
      <main class="room-main" aria-label={t("room.label")}>
        {state.phase === "reconnecting" && <Reconnecting />}
        <Sound />
        <RecordingBadge />
        {controlsVisible && !wide && <ViewerCount />}
        {controlsVisible && <Door />}
        {controlsVisible && alone && <Alone />}
        <Tiles />
      </main>
      {controlsVisible && panel === "chat" && <Chat />}
      {controlsVisible && panel === "people" && <People />}
      {controlsVisible && panel === "moderator" && can.moderator && <Moderator />}
      {controlsVisible && (
        <Controls wide={wide} onSettings={() => setOpen("settings")} onHelp={() => setOpen("help")} />
      )}
      <Announcer />
      {controlsVisible && <ChatPreview />}
      {open === "settings" && <Settings onClose={() => setOpen(null)} />}
      {open === "help" && (
        <Shortcuts
          actions={[...(Object.keys(can) as RoomAction[]).filter((action) => can[action]), "help"]}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  );
}

/** Tells a webinar's viewer that a moderator brought them on stage, or back. */
function useStageNotice(): void {
  const { viewer } = useMeeting().state.value.me;
  const before = useRef(viewer);
  useEffect(() => {
    if (before.current !== viewer) notify("info", viewer ? "notice.offStage" : "notice.onStage");
    before.current = viewer;
  }, [viewer]);
}
