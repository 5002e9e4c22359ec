// The Client API in the room's page: methods and events for the page around it, as far as there is one.

import type { Problem } from "../bridge/api";
import { LANGUAGES } from "../i18n/language";
import { setLocale, t } from "../i18n/room";
import type { Meeting } from "../store/types";
import type { View } from "../store/view";
import { standing, watch } from "./bridgeEvents";
import { perform, type Room } from "./bridgeMethods";
import { attachSessions } from "./bridgePage";
import { until } from "./bridgeWait";

/** How long a page that skips the welcome screen waits for a bridge before it joins by itself. */
const ALONE_AFTER_MS = 1_000;

export interface AttachedBridge {
  /**
   * Resolves when nobody but this page decides when to join: at once where no other page is around it, after a second
   * without a bridge, or when the last bridge has gone.
   */
  alone: Promise<void>;
}

/** Take calls from the page around this one from now on, and tell it what happens. */
export function attachBridge(meeting: Meeting, view: View, page: Window = window): AttachedBridge {
  if (page.parent === page) return { alone: Promise.resolve() };

  let becomeAlone = () => {};
  const alone = new Promise<void>((resolve) => {
    becomeAlone = resolve;
  });
  let timer = page.setTimeout(becomeAlone, ALONE_AFTER_MS);
  const room = roomOf(meeting, view);
  const sessions = attachSessions(
    {
      perform: (method, data) => perform(room, method, data),
      standing: () => standing(meeting.state.peek()),
      onSessions: (count) => {
        page.clearTimeout(timer);
        if (count === 0) timer = page.setTimeout(becomeAlone, ALONE_AFTER_MS);
      },
    },
    meeting.state.peek().roomId,
    page,
  );
  watch(meeting, view, (happening) => sessions?.tell(happening));
  return { alone };
}

function roomOf(meeting: Meeting, view: View): Room {
  return {
    meeting,
    view,
    until,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    locales: () => [...LANGUAGES],
    setLocale,
    guestName: () => t("welcome.guest"),
    refusalDuring: (action) => refusalDuring(meeting, action),
  };
}

/** The meeting tells people of a refusal by a notice, and others by an event with the server's code and sentence. */
export async function refusalDuring(
  meeting: Pick<Meeting, "events">,
  action: () => Promise<void>,
): Promise<Problem | null> {
  let refusal: Problem | null = null;
  const end = meeting.events.on("connectionError", ({ code, message }) => {
    refusal = { code, message };
  });
  try {
    await action();
  } finally {
    end();
  }
  return refusal;
}
