import type { ComponentChildren } from "preact";

interface Props {
  title: string;
  text?: string | undefined;
  mark: ComponentChildren;
  tone?: "warn" | undefined;
  testId?: string;
  /** What it is about, for tests. */
  code?: string;
  /** More, below the text. */
  note?: ComponentChildren;
  children?: ComponentChildren;
}

/** One message in the middle of the page, and the ways on. */
export function MessageScreen({ title, text, mark, tone, testId, code, note, children }: Props) {
  return (
    <main class="screen" data-testid={testId} data-code={code}>
      <div class="screen-body" role="status">
        <div class="screen-mark" data-tone={tone}>
          {mark}
        </div>
        <h1>{title}</h1>
        {text && <p>{text}</p>}
        {note}
        {children && <div class="screen-actions">{children}</div>}
      </div>
    </main>
  );
}
