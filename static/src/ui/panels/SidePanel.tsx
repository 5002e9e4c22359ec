import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../../i18n/room";
import { useView } from "../context";
import { useKeptFocus } from "../hooks/useKeptFocus";
import { IconButton } from "../kit/IconButton";
import { close } from "../kit/icons";

interface Props {
  title: string;
  /** Stands behind the title. */
  note?: ComponentChildren;
  testId: string;
  children: ComponentChildren;
}

/**
 * A column beside the tiles, and the whole page on a phone. It takes the focus when it opens, Escape closes it, and
 * then the focus goes back to where it came from.
 */
export function SidePanel({ title, note, testId, children }: Props) {
  const view = useView();
  const panel = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useKeptFocus(panel, heading);
  useEffect(() => {
    const came = document.activeElement;
    const first = panel.current?.querySelector<HTMLElement>("[data-focus-first]");
    // On a touch screen the keyboard would cover what is to be read.
    const typing = first && matchMedia("(pointer: fine)").matches;
    (typing ? first : heading.current)?.focus({ preventScroll: true });
    return () => {
      const inside = panel.current?.contains(document.activeElement) ?? false;
      requestAnimationFrame(() => {
        const lost = document.activeElement === document.body || inside;
        if (lost && came instanceof HTMLElement && came.isConnected) came.focus({ preventScroll: true });
      });
    };
  }, []);
  return (
    <aside
      class="panel"
      ref={panel}
      data-testid={testId}
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) view.setPanel(null);
      }}
    >
      <header class="panel-head">
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {note}
        <IconButton
          icon={close}
          label={t("common.close")}
          variant="quiet"
          testId="panel-close"
          onClick={() => view.setPanel(null)}
        />
      </header>
      {children}
    </aside>
  );
}
