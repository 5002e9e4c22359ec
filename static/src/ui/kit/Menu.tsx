import { useEffect, useRef, useState } from "preact/hooks";
import { nextIndex } from "../logic/menu";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { check, chevronUp } from "./icons";

export interface MenuGroup {
  heading: string;
  items: readonly { id: string; label: string; checked: boolean }[];
  /** Shown when there are no items. */
  empty: string;
  onChoose: (id: string) => void;
}

interface Props {
  label: string;
  groups: readonly MenuGroup[];
  onOpen?: () => void;
}

/** A small button that opens groups of choices above it: arrows move, Escape and a click elsewhere close it. */
export function Menu({ label, groups, onOpen }: Props) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) return;
    const items = menuItems(list.current);
    (items.find((item) => item.ariaChecked === "true") ?? items[0])?.focus();
    const outside = (event: Event) => {
      if (event.target instanceof Node && !anchor.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    window.addEventListener("blur", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      window.removeEventListener("blur", outside);
    };
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" || event.key === "Tab") {
      if (event.key === "Escape") event.preventDefault();
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
        icon={chevronUp}
        label={label}
        popup="menu"
        expanded={open}
        onClick={() => {
          if (!open) onOpen?.();
          setOpen(!open);
        }}
      />
      {open && (
        <div class="menu" role="menu" aria-label={label} tabIndex={-1} ref={list} onKeyDown={onKeyDown}>
          {groups.map((group) => (
            // biome-ignore lint/a11y/useSemanticElements: a group of a menu is no fieldset
            <div class="menu-group" role="group" aria-label={group.heading} key={group.heading}>
              <div class="menu-heading" aria-hidden="true">
                {group.heading}
              </div>
              {group.items.length === 0 && <div class="menu-empty">{group.empty}</div>}
              {group.items.map((item) => (
                <button
                  type="button"
                  role="menuitemradio"
                  class="menu-item"
                  aria-checked={item.checked}
                  key={item.id}
                  onClick={() => {
                    group.onChoose(item.id);
                    close();
                  }}
                >
                  <Icon svg={check} />
                  {item.label}
                </button>
              ))}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function menuItems(list: HTMLElement | null): HTMLButtonElement[] {
  return list ? [...list.querySelectorAll<HTMLButtonElement>("[role=menuitemradio]")] : [];
}
