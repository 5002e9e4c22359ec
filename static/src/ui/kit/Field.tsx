import { useEffect, useId, useRef } from "preact/hooks";

interface Props {
  label: string;
  value: string;
  placeholder?: string;
  hint?: string | undefined;
  error?: string | undefined;
  readOnly?: boolean;
  maxLength?: number;
  autocomplete?: string;
  /** Ready to type into when it appears; not on touch screens, where the keyboard would cover the page. */
  focus?: boolean;
  testId?: string;
  onInput: (value: string) => void;
  onBlur?: () => void;
  onEnter?: () => void;
}

/** One line of text with its label, and below it a hint or what is wrong. */
export function Field(props: Props) {
  const id = useId();
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.focus && matchMedia("(pointer: fine)").matches) ref.current?.focus({ preventScroll: true });
  }, [props.focus]);
  const note = props.error ?? props.hint;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        ref={ref}
        class="input"
        type="text"
        value={props.value}
        placeholder={props.placeholder}
        readOnly={props.readOnly}
        maxLength={props.maxLength}
        autocomplete={props.autocomplete}
        spellcheck={false}
        aria-invalid={props.error ? "true" : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        data-testid={props.testId}
        onInput={(event) => props.onInput(event.currentTarget.value)}
        onBlur={props.onBlur}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.isComposing) props.onEnter?.();
        }}
      />
      {note && (
        <p
          id={`${id}-note`}
          class={props.error ? "field-error" : "field-hint"}
          role={props.error ? "alert" : undefined}
        >
          {note}
        </p>
      )}
    </div>
  );
}
