import { t } from "../../i18n/room";
import { useView } from "../context";
import { IconButton } from "../kit/IconButton";
import { pin, pinOff } from "../kit/icons";

interface Props {
  peerId: string;
  name: string;
  pinned: boolean;
}

/** Puts somebody on the stage of this page, or takes them off it. */
export function PinButton({ peerId, name, pinned }: Props) {
  const view = useView();
  return (
    <IconButton
      icon={pinned ? pinOff : pin}
      label={pinned ? t("tile.unpin", { name }) : t("tile.pin", { name })}
      pressed={pinned}
      variant="quiet"
      testId="pin"
      onClick={() => {
        if (pinned) view.unpin();
        else view.pin(peerId);
      }}
    />
  );
}
