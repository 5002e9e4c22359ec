import type { ComponentChildren } from "preact";

interface Props {
  title: string;
  /** How many are in it; nothing where that makes no sense. */
  count?: number;
  /** How many of them a search has left. */
  shown?: number | undefined;
  countTestId?: string;
  /** Somebody waits for the person at this page to do something. */
  wanted?: boolean;
  children?: ComponentChildren;
}

/** A part of a side panel under a heading of its own. */
export function Group({ title, count, shown, countTestId, wanted = false, children }: Props) {
  return (
    <section class="people-group" data-tone={wanted ? "wanted" : undefined} aria-label={title}>
      <header class="people-head">
        <h3>
          {title}
          {count !== undefined && (
            <>
              {" "}
              <span
                class="people-count"
                data-testid={countTestId}
                aria-live={shown === undefined ? undefined : "polite"}
              >
                {shown === undefined ? count : `${shown} / ${count}`}
              </span>
            </>
          )}
        </h3>
      </header>
      {children}
    </section>
  );
}
