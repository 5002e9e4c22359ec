import { useEffect, useRef, useState } from "preact/hooks";
import { tDynamic } from "../../i18n";
import type { Peer } from "../../store/types";
import { useMeeting } from "../context";
import { announcements } from "../logic/announce";

/** Says who comes and goes to those who listen to the page instead of looking at it. */
export function Announcer() {
  const { peers } = useMeeting().state.value;
  const before = useRef<readonly Peer[]>(peers);
  const [text, setText] = useState("");
  useEffect(() => {
    const news = announcements(before.current, peers);
    before.current = peers;
    if (news.length)
      setText(news.map(({ key, values }) => tDynamic(key, values, "notice.unknown")).join(". "));
  }, [peers]);
  return (
    <div class="visually-hidden" role="status" aria-live="polite" data-testid="announcer">
      {text}
    </div>
  );
}
