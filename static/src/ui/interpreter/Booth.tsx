import { channelOf, choosable } from "meet-client/room/interpretation";
import { isForbidden } from "meet-client/room/permitted";
import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import type { MeetingState } from "../../store/types";
import { useMeeting, useView } from "../context";
import { useWakeLock } from "../hooks/useWakeLock";
import type { BoothAction } from "../logic/boothKeys";
import { autonym } from "../logic/languageNames";
import { Chat } from "../panels/Chat";
import { People } from "../panels/People";
import { Announcer } from "../room/Announcer";
import { AskedToTurnOn } from "../room/AskedToTurnOn";
import { ChatPreview } from "../room/ChatPreview";
import { Reconnecting } from "../room/Reconnecting";
import { RecordingBadge } from "../room/RecordingBadge";
import { Settings } from "../room/Settings";
import { Sound } from "../room/Sound";
import { Tiles } from "../room/Tiles";
import { useActions } from "../room/useActions";
import { BoothBar } from "./BoothBar";
import { BoothKeys } from "./BoothKeys";
import { Incoming } from "./Incoming";
import { MicKey } from "./MicKey";
import { Partners } from "./Partners";
import { useBoothKeys } from "./useBoothKeys";
import { useMicKey } from "./useMicKey";
import { useTurn } from "./useTurn";

type Window = "settings" | "help";

/** An interpreter's page: who speaks, large, and below it a desk as interpreters know it. */
export function Booth() {
  const meeting = useMeeting();
  const view = useView();
  const state = meeting.state.value;
  const { panel, controlsVisible } = view.state.value;
  const [open, setOpen] = useState<Window | null>(null);
  const act = useActions();
  const relays = useRelays();
  const micKey = useMicKey(state.interpretation.enabled && state.phase === "joined");
  const turn = useTurn(micKey.giveUp);
  useWakeLock();
  const run = (action: Exclude<BoothAction, "cough">) => {
    switch (action) {
      case "mic":
        if (meeting.state.peek().me.permissions.mic) micKey.toggle();
        break;
      case "handover":
        turn.step();
        break;
      case "cancel":
        turn.cancel();
        break;
      case "relay":
        relays();
        break;
      case "help":
        setOpen((window) => (window === "help" ? null : "help"));
        break;
      default:
        act(action);
    }
  };
  useBoothKeys({
    run: (action) => {
      if (view.state.peek().controlsVisible) run(action);
    },
    cough: (held) => (held ? micKey.press("key") : micKey.release("key")),
  });
  const language = languageOf(state);

  return (
    <div class="booth" data-testid="booth" data-panel={controlsVisible ? (panel ?? undefined) : undefined}>
      <AskedToTurnOn />
      {controlsVisible && (
        <BoothBar language={language} onSettings={() => setOpen("settings")} onHelp={() => setOpen("help")} />
      )}
      <main class="booth-main" aria-label={t("room.label")}>
        {state.phase === "reconnecting" && <Reconnecting />}
        <Sound />
        <RecordingBadge />
        <Tiles speakerLarge />
      </main>
      {controlsVisible && panel === "chat" && <Chat />}
      {controlsVisible && panel === "people" && <People />}
      {controlsVisible && (
        <div class="desk">
          <Incoming />
          <MicKey micKey={micKey} turn={turn} problem={problemOf(state)} />
          <Partners turn={turn} />
        </div>
      )}
      <Announcer />
      {controlsVisible && <ChatPreview />}
      {open === "settings" && <Settings onClose={() => setOpen(null)} />}
      {open === "help" && <BoothKeys onClose={() => setOpen(null)} />}
    </div>
  );
}

/** Between the original and the language that was last listened to, or the first one. */
function useRelays(): () => void {
  const meeting = useMeeting();
  const last = useRef("");
  const { listening } = meeting.state.value.me;
  if (listening !== "") last.current = listening;
  return () => {
    const state = meeting.state.peek();
    const tags = choosable(state).map(({ tag }) => tag);
    const relay = tags.includes(last.current) ? last.current : tags[0];
    if (state.me.listening !== "") void meeting.chooseLanguage("");
    else if (relay !== undefined) void meeting.chooseLanguage(relay);
  };
}

function languageOf(state: MeetingState): string {
  const { language } = state.me;
  return language && (channelOf(state, language)?.name ?? autonym(language));
}

/** Why nobody hears me, whatever I do here; null where I can be heard. */
function problemOf({ me, interpretation, phase }: MeetingState): string | null {
  if (me.interpreterProblem !== "") return t(`booth.problem.${me.interpreterProblem}`);
  if (isForbidden("mic", me)) return t("control.forbidden.mic");
  return phase === "joined" && !interpretation.enabled ? t("booth.problem.off") : null;
}
