import { IconButton } from "./IconButton";
import { soundOff, speaker } from "./icons";

interface Props {
  /** What it sets, for screen readers. */
  label: string;
  /** 0 (silent) to 100. */
  value: number;
  /** What the button before it does. */
  toggleLabel: string;
  /** What stands at its end instead of a silent 0. */
  silent?: string;
  testId: string;
  toggleTestId: string;
  onInput: (value: number) => void;
  onToggle: () => void;
}

/** How loud something is, with a button that silences it. */
export function Slider({
  label,
  value,
  toggleLabel,
  silent,
  testId,
  toggleTestId,
  onInput,
  onToggle,
}: Props) {
  return (
    <div class="volume">
      <IconButton
        icon={value === 0 ? soundOff : speaker}
        label={toggleLabel}
        variant="quiet"
        testId={toggleTestId}
        onClick={onToggle}
      />
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={value}
        style={{ "--part": `${value}%` }}
        aria-label={label}
        aria-valuetext={value === 0 ? silent : undefined}
        data-testid={testId}
        onInput={(event) => onInput(Number(event.currentTarget.value))}
      />
      <output aria-hidden="true">{value === 0 ? (silent ?? value) : value}</output>
    </div>
  );
}
