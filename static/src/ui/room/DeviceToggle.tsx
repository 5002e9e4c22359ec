import { t } from "../../i18n/room";
import type { LocalSource } from "../../store/types";
import { IconButton } from "../kit/IconButton";
import { Menu, type MenuGroup } from "../kit/Menu";

interface Props {
  local: LocalSource;
  /** The sentence that says so, while a moderator has forbidden it. */
  forbidden: string | null;
  icons: { on: string; off: string };
  labels: { name: string; on: string; off: string; menu: string };
  shortcut: string;
  testId: string;
  /** With the arrow of its menu; without, devices are chosen in the settings. */
  arrow: boolean;
  groups: readonly MenuGroup[];
  onToggle: (on: boolean) => void;
  onOpenMenu: () => void;
}

/** A device's switch, with the menu of which device it is; a mark where it could not be started. */
export function DeviceToggle({
  local,
  forbidden,
  icons,
  labels,
  shortcut,
  testId,
  arrow,
  groups,
  onToggle,
  onOpenMenu,
}: Props) {
  const on = local.status === "on";
  return (
    <div class={arrow ? "split" : "menu-anchor"}>
      <IconButton
        icon={on ? icons.on : icons.off}
        label={forbidden ?? (on ? labels.on : labels.off)}
        name={forbidden ?? (local.error ? t("control.problem", { label: labels.name }) : labels.name)}
        shortcut={shortcut}
        state={on ? "on" : "off"}
        pressed={on}
        disabled={local.status === "starting" || forbidden !== null}
        testId={testId}
        onClick={() => onToggle(!on)}
      />
      {arrow && <Menu label={labels.menu} groups={groups} onOpen={onOpenMenu} />}
      {local.error && (
        <span class="problem-dot" aria-hidden="true">
          !
        </span>
      )}
    </div>
  );
}
