import { Icon } from "./Icon";
import { chevronDown } from "./icons";

interface Props {
  label: string;
  icon: string;
  value: string;
  options: readonly { value: string; label: string }[];
  /** Shown instead of options when there are none. */
  empty: string;
  testId?: string;
  /** The label is read above it, not only heard. */
  labelled?: boolean;
  onChange: (value: string) => void;
}

/** The browser's own list of choices, in our clothes. */
export function Select({ label, icon, value, options, empty, testId, labelled, onChange }: Props) {
  const select = (
    <div class="select">
      <Icon svg={icon} />
      <select
        aria-label={label}
        title={label}
        data-testid={testId}
        value={options.length ? value : ""}
        disabled={options.length === 0}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.length === 0 && <option value="">{empty}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon svg={chevronDown} />
    </div>
  );
  if (!labelled) return select;
  return (
    <div class="field">
      <span class="field-label" aria-hidden="true">
        {label}
      </span>
      {select}
    </div>
  );
}
