import { useEffect, useRef, useState } from "preact/hooks";
import { useFloating } from "../hooks/useFloating";
import { nextIndex } from "../logic/menu";
import type { Align, Side } from "../logic/place";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { check, chevronUp } from "./icons";

export interface MenuItem {
  id: string;
  label: string;
  icon?: string;
  /** Whether it is chosen, out of the group; without it, the item does something. */
  checked?: boolean;
  disabled?: boolean;
  /** It can't simply be undone. */
  danger?: boolean;
  /** What stands at its end: a key, or a count. */
  note?: string | undefined;
  testId?: string;
}

export interface MenuGroup {
  heading?: string;
  /** Each item is chosen or not for itself, instead of one of them. */
  several?: boolean;
  items: readonly MenuItem[];
  /** Shown when there are no items. */
  empty?: string;
  onChoose: (id: string) => void;
}

interface Props {
  label: string;
  groups: readonly MenuGroup[];
  icon?: string;
  variant?: "quiet";
  side?: Side;
  align?: Align;
  testId?: string;
  /** Something new is in it. */
  dot?: boolean;
  onOpen?: () => void;
}

/** A button that opens groups of choices beside it: arrows move, Escape and a click elsewhere close it. */
export function Menu({ label, groups, icon, variant, side, align, testId, dot, onOpen }: Props) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useFloating({
    anchor,
    box: list,
    open,
    side: side ?? "above",
    align: align ?? "centre",
    onDismiss: () => setOpen(false),
  });

  useEffect(() => {
    if (!open) return;
    const items = menuItems(list.current);
    (items.find((item) => item.ariaChecked === "true") ?? items[0])?.focus();
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" || event.key === "Tab") {
      if (event.key === "Escape") event.preventDefault();
      event.stopPropagation();
      close();
      return;
    }
    const items = menuItems(list.current);
    const next = nextIndex(
      event.key,
      items.indexOf(document.activeElement as HTMLButtonElement),
      items.length,
    );
    if (next === null) return;
    event.preventDefault();
    items[next]?.focus();
  };

  return (
    <div class="menu-anchor" ref={anchor}>
      <IconButton
        buttonRef={button}
        icon={icon ?? chevronUp}
        label={label}
        popup="menu"
        expanded={open}
        variant={variant}
        testId={testId}
        dot={dot}
        onClick={() => {
          if (!open) onOpen?.();
          setOpen(!open);
        }}
      />
      {open && (
        <div
          class="menu"
          role="menu"
          popover="manual"
          aria-label={label}
          tabIndex={-1}
          ref={list}
          onKeyDown={onKeyDown}
        >
          {groups.map((group, index) => (
            <Group
              key={group.heading ?? index}
              group={group}
              onChoose={(id) => {
                close();
                group.onChoose(id);
              }}
            />
          ))}
        </div>
      )}
    </div>
  );
}

function Group({ group, onChoose }: { group: MenuGroup; onChoose: (id: string) => void }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of a menu is no fieldset
    <div class="menu-group" role="group" aria-label={group.heading}>
      {group.heading && (
        <div class="menu-heading" aria-hidden="true">
          {group.heading}
        </div>
      )}
      {group.items.length === 0 && <div class="menu-empty">{group.empty}</div>}
      {group.items.map((item) => (
        <button
          type="button"
          {...(item.checked === undefined
            ? { role: "menuitem" }
            : { role: group.several ? "menuitemcheckbox" : "menuitemradio", "aria-checked": item.checked })}
          class="menu-item"
          key={item.id}
          data-danger={item.danger ? "" : undefined}
          data-testid={item.testId}
          disabled={item.disabled}
          onClick={() => onChoose(item.id)}
        >
          {item.checked !== undefined && <Icon svg={check} />}
          {item.icon && <Icon svg={item.icon} />}
          <span class="menu-label">{item.label}</span>
          {item.note && <span class="menu-note">{item.note}</span>}
        </button>
      ))}
    </div>
  );
}

function menuItems(list: HTMLElement | null): HTMLButtonElement[] {
  return list ? [...list.querySelectorAll<HTMLButtonElement>(".menu-item:not(:disabled)")] : [];
}
