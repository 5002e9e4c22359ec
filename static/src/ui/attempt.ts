import { ConnectionLost, NoAnswer, RequestRefused } from "meet-client/signal/failures";
import { isKey } from "../i18n/room";
import { notify } from "./localNotices";

/** Wait for something that a moderator asked for; whether it was done. Where not, a short message says why. */
export async function attempt(request: Promise<void>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    notify("warning", reason(error));
    return false;
  }
}

function reason(error: unknown): string {
  if (error instanceof ConnectionLost || error instanceof NoAnswer) return "notice.notConnected";
  const key = error instanceof RequestRefused ? `notice.${error.code}` : "";
  return isKey(key) ? key : "notice.unknown";
}
