import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { useMeeting } from "../context";
import { useShortcuts } from "../hooks/useShortcuts";
import { useWakeLock } from "../hooks/useWakeLock";
import { CopyButton } from "../kit/CopyButton";
import { Icon, Spinner } from "../kit/Icon";
import { loader, people } from "../kit/icons";
import { inviteUrl } from "../logic/invite";
import type { Action } from "../logic/keyboard";
import { Alone } from "./Alone";
import { Announcer } from "./Announcer";
import { Controls } from "./Controls";
import { Shortcuts } from "./Shortcuts";
import { Sound } from "./Sound";
import { canShareScreen } from "./screenShare";
import { Tiles } from "./Tiles";

/** The meeting itself. */
export function Room() {
  const meeting = useMeeting();
  const state = meeting.state.value;
  const [helpOpen, setHelpOpen] = useState(false);
  const count = state.peers.length + 1;
  const url = inviteUrl(location.origin, state.interface, state.roomId);
  useWakeLock();
  useShortcuts((action: Action) => {
    const { local } = meeting.state.peek();
    if (action === "help") setHelpOpen((open) => !open);
    if (action === "mic") void meeting.setMic(local.mic.status !== "on");
    if (action === "camera") void meeting.setCamera(local.camera.status !== "on");
    if (action === "share" && canShareScreen()) void meeting.setScreen(local.screen.status !== "on");
  });

  return (
    <div class="room" data-testid="room">
      <div class="room-info">
        <span class="room-name" title={state.roomId}>
          {state.roomId}
        </span>
      </div>
      <main class="room-main" aria-label={t("room.label")}>
        {state.phase === "reconnecting" && <Reconnecting />}
        <Sound />
        {count === 1 && state.phase === "joined" && <Alone url={url} />}
        <Tiles />
      </main>
      <Controls />
      <div class="room-extras">
        <span
          class="count"
          data-testid="participant-count"
          data-count={count}
          title={t("room.participants", { count })}
        >
          <Icon svg={people} />
          <span aria-hidden="true">{count}</span>
          <span class="visually-hidden">{t("room.participants", { count })}</span>
        </span>
        <CopyButton url={url} variant="quiet" testId="copy-link" />
      </div>
      <Announcer />
      {helpOpen && <Shortcuts onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

function Reconnecting() {
  return (
    <div class="notice-bar" data-tone="warn" data-testid="reconnecting" role="status">
      <Spinner svg={loader} />
      <div class="grow">
        <strong>{t("reconnecting.title")}</strong> <span class="hint">{t("reconnecting.hint")}</span>
      </div>
    </div>
  );
}
