import type { Moderator } from "../store/types";
import { attempt } from "./attempt";
import { notify } from "./localNotices";

/** Remove somebody from the meeting; the message that says so offers to let them back in. */
export async function removePerson(moderator: Moderator, peerId: string, name: string): Promise<void> {
  if (!(await attempt(moderator.kick(peerId)))) return;
  const letBack = () => void attempt(moderator.letBack(peerId));
  notify("info", "notice.kicked", { name }, { key: "moderator.letBack", run: letBack });
}
