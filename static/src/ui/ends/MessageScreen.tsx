import type { ComponentChildren } from "preact";

interface Props {
  title: string;
  text?: string | undefined;
  mark: ComponentChildren;
  tone?: "warn";
  testId?: string;
  children?: ComponentChildren;
}

/** One message in the middle of the page, and the ways on. */
export function MessageScreen({ title, text, mark, tone, testId, children }: Props) {
  return (
    <main class="screen" data-testid={testId}>
      <div class="screen-body" role="status">
        <div class="screen-mark" data-tone={tone}>
          {mark}
        </div>
        <h1>{title}</h1>
        {text && <p>{text}</p>}
        {children && <div class="screen-actions">{children}</div>}
      </div>
    </main>
  );
}
