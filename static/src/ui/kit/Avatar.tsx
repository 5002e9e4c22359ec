import { colourIndex, initials } from "../logic/names";
import { Icon } from "./Icon";
import { person } from "./icons";

/** White letters have a contrast of 5:1 or more on each of them. */
const COLOURS = ["#0c6b62", "#1c5d99", "#6d4aa8", "#a3345f", "#a8441d", "#7d5a07", "#3f6a24", "#4a5a73"];

/** Somebody's colour, always the same. */
export function colourOf(identity: string): string {
  return COLOURS[colourIndex(identity, COLOURS.length)] ?? "#4a5a73";
}

interface Props {
  name: string;
  /** What the colour follows: it stays when the name changes. */
  identity: string;
}

/** The initials of somebody who sends no video. */
export function Avatar({ name, identity }: Props) {
  return (
    <div class="avatar" aria-hidden="true" style={{ "--avatar-colour": colourOf(identity) }}>
      {name ? initials(name) : <Icon svg={person} />}
    </div>
  );
}
