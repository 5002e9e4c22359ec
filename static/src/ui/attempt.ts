import { isKey } from "../i18n";
import { ConnectionLost, NoAnswer, RequestRefused } from "../signal/errors";
import { notify } from "./localNotices";

/** Wait for something that a moderator asked for; where it is refused, a short message says why. */
export async function attempt(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (error) {
    notify("warning", reason(error));
  }
}

function reason(error: unknown): string {
  if (error instanceof ConnectionLost || error instanceof NoAnswer) return "notice.notConnected";
  const key = error instanceof RequestRefused ? `notice.${error.code}` : "";
  return isKey(key) ? key : "notice.unknown";
}
