import type { ComponentChildren, RefObject } from "preact";
import { Icon } from "./Icon";

interface Props {
  icon: string;
  /** What a press does, for the tooltip and, without a `name`, for screen readers. */
  label: string;
  /** What a toggle switches: it keeps its name, and `pressed` tells how it stands. */
  name?: string;
  /** A key that does the same. */
  shortcut?: string;
  state?: "on" | "off" | "active" | "raised" | undefined;
  variant?: "danger" | "quiet" | undefined;
  pressed?: boolean | undefined;
  expanded?: boolean | undefined;
  popup?: "menu" | "dialog" | undefined;
  disabled?: boolean;
  testId?: string | undefined;
  /** Something new is behind it. */
  dot?: boolean | undefined;
  /** How many messages were not read, for tests and for style. */
  unread?: number;
  children?: ComponentChildren;
  buttonRef?: RefObject<HTMLButtonElement | null>;
  onClick: () => void;
}

/** A square button that is only a picture, perhaps with a small badge on it. */
export function IconButton(props: Props) {
  return (
    <button
      type="button"
      ref={props.buttonRef ?? null}
      class="icon-button"
      data-state={props.state}
      data-variant={props.variant}
      data-testid={props.testId}
      data-unread={props.unread}
      aria-label={props.name ?? props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-haspopup={props.popup}
      aria-keyshortcuts={props.shortcut}
      title={props.shortcut ? `${props.label} (${props.shortcut})` : props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon svg={props.icon} />
      {props.children}
      {props.dot && <span class="dot" aria-hidden="true" />}
    </button>
  );
}
