import type { ComponentChildren } from "preact";
import { Avatar } from "../kit/Avatar";
import type { Position } from "../kit/LongList";

interface Props {
  peerId: string;
  name: string;
  testId: string;
  /** What sets this list's people apart, for tests. */
  mark?: "waiting" | "viewer";
  position: Position;
  children: ComponentChildren;
}

/** Somebody of whom no more is known than the name, with what can be done about them. */
export function NameRow({ peerId, name, testId, mark, position, children }: Props) {
  return (
    <li
      class="person"
      data-testid={testId}
      data-peer-id={peerId}
      data-waiting={mark === "waiting" ? "" : undefined}
      data-viewer={mark === "viewer" ? "" : undefined}
      {...position}
    >
      <Avatar name={name} identity={peerId} />
      <div class="person-text">
        <span class="person-name" title={name}>
          {name}
        </span>
      </div>
      <div class="person-actions">{children}</div>
    </li>
  );
}
