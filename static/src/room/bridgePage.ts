// The bridge's end in a page of ours, as far as there is a page around it: windows, their messages, and nothing else.

import { Sessions, type SessionsOwner } from "./bridgeSessions";
import { problemOf } from "./refused";

type Owner = Pick<SessionsOwner, "perform" | "standing"> & Partial<Pick<SessionsOwner, "onSessions">>;

/** Take calls from the page around this one from now on. Null where there is none; `roomId` is empty for no room. */
export function attachSessions(owner: Owner, roomId: string, page: Window = window): Sessions | null {
  const { parent } = page;
  if (parent === page) return null;
  const sessions = new Sessions(
    {
      post: (message, origin) => parent.postMessage(message, origin),
      problemOf: (error) => {
        const problem = problemOf(error);
        if (problem.code === "internalError") console.error("A method of the bridge failed:", error);
        return problem;
      },
      onSessions: () => {},
      ...owner,
    },
    roomId,
    randomId(),
  );
  page.addEventListener("message", (event) => {
    if (event.source === parent) sessions.received(event.data, event.origin);
  });
  return sessions;
}

/** Another one for each load of the page. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
