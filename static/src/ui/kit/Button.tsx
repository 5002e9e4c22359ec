import type { ComponentChildren } from "preact";
import { Icon } from "./Icon";

interface Props {
  children: ComponentChildren;
  variant?: "primary" | "danger" | "quiet" | undefined;
  size?: "small" | "large" | undefined;
  icon?: string | undefined;
  /** As wide as its surroundings. */
  wide?: boolean;
  /** For when there is no room for the text (narrow screens hide it) or it says too little. */
  label?: string | undefined;
  type?: "button" | "submit";
  disabled?: boolean;
  class?: string;
  testId?: string | undefined;
  onClick?: (() => void) | undefined;
}

/** A button with words on it. */
export function Button(props: Props) {
  return (
    <button
      type={props.type ?? "button"}
      class={props.class ? `button ${props.class}` : "button"}
      data-variant={props.variant}
      data-size={props.size}
      data-wide={props.wide ? "" : undefined}
      data-testid={props.testId}
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.icon && <Icon svg={props.icon} />}
      <span class="button-text">{props.children}</span>
    </button>
  );
}
