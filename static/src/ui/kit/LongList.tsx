import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useRows } from "../hooks/useRows";
import { isLong } from "../logic/rows";

/** Where a row is in its list, for screen readers: the rows around it may not be drawn. */
export interface Position {
  "aria-posinset": number;
  "aria-setsize": number;
}

interface Props<T> {
  items: readonly T[];
  /** How many there are, where `items` are only the first of them. */
  total?: number;
  /** A list item (`li`) with a key. */
  row: (item: T, position: Position) => ComponentChildren;
}

/** A list that may have hundreds of rows: of a long one those are drawn that are in view. */
export function LongList<T>({ items, total = items.length, row }: Props<T>) {
  const list = useRef<HTMLUListElement>(null);
  const { first, end, rowHeight } = useRows(list, items.length);
  return (
    <ul
      // biome-ignore lint/a11y/noRedundantRoles: Safari takes the role from a list without bullets
      role="list"
      ref={list}
      data-long={isLong(items.length) ? "" : undefined}
      style={{
        paddingBlockStart: `${first * rowHeight}px`,
        paddingBlockEnd: `${(items.length - end) * rowHeight}px`,
      }}
    >
      {items
        .slice(first, end)
        .map((item, index) => row(item, { "aria-posinset": first + index + 1, "aria-setsize": total }))}
    </ul>
  );
}
