interface Props {
  label: string;
  /** What it means, in smaller letters. */
  hint?: string;
  on: boolean;
  testId: string;
  onChange: (on: boolean) => void;
}

/** A line with a switch at its end. It shows what is, not what was asked for: the server may say no. */
export function Switch({ label, hint, on, testId, onChange }: Props) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      class="switch"
      data-testid={testId}
      onClick={() => onChange(!on)}
    >
      <span class="switch-text">
        <span>{label}</span>
        {hint && <span class="switch-hint">{hint}</span>}
      </span>
      <span class="switch-track" aria-hidden="true" />
    </button>
  );
}
