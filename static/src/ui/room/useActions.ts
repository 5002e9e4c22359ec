import { entitled } from "meet-client/room/permitted";
import { useMemo } from "preact/hooks";
import type { Meeting } from "../../store/types";
import type { View } from "../../store/view";
import { useMeeting, useView } from "../context";
import { notify } from "../localNotices";
import type { Action } from "../logic/keyboard";
import { canFillScreen, canShareScreen } from "./screenShare";

/** What somebody can do in the meeting, by button, menu or key; `help` is the room's own. */
export type RoomAction = Exclude<Action, "help">;

/**
 * Which of the actions there are for this person, as things stand. A device that a moderator has forbidden is there:
 * trying tells why it stays off.
 */
export function availableActions(meeting: Meeting): Record<RoomAction, boolean> {
  const { role, viewer, permissions } = meeting.state.value.me;
  const can = entitled(role, viewer);
  return {
    mic: can.mic,
    camera: can.camera,
    share: can.screen && canShareScreen(),
    hand: permissions.hand,
    chat: permissions.chat,
    people: true,
    moderator: permissions.moderate,
    fullscreen: canFillScreen(),
  };
}

function perform(action: RoomAction, meeting: Meeting, view: View): void {
  const { local, me } = meeting.state.peek();
  const { panel, fullscreen } = view.state.peek();
  switch (action) {
    case "mic":
      void meeting.setMic(local.mic.status !== "on");
      break;
    case "camera":
      void meeting.setCamera(local.camera.status !== "on");
      break;
    case "share":
      void meeting.setScreen(local.screen.status !== "on");
      break;
    case "hand":
      void meeting.raiseHand(me.handRaisedAt === null);
      break;
    case "chat":
    case "people":
    case "moderator":
      view.setPanel(panel === action ? null : action);
      break;
    case "fullscreen":
      view.setFullscreen(!fullscreen).catch(() => notify("warning", "notice.fullscreenRefused"));
  }
}

/** Does an action, if there is one of that name for this person. */
export function useActions(): (action: RoomAction) => void {
  const meeting = useMeeting();
  const view = useView();
  return useMemo(
    () => (action) => {
      const closing = action === "chat" && view.state.peek().panel === "chat";
      if (availableActions(meeting)[action] || closing) perform(action, meeting, view);
    },
    [meeting, view],
  );
}
