import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../../i18n/room";
import { IconButton } from "./IconButton";
import { close } from "./icons";

interface Props {
  title: string;
  testId?: string;
  children: ComponentChildren;
  onClose: () => void;
}

/** A modal window; the browser keeps the focus inside and gives it back. It is open for as long as it is rendered. */
export function Dialog({ title, testId, children, onClose }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it by the browser's own doing
    <dialog
      class="dialog"
      data-testid={testId}
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton icon={close} label={t("common.close")} variant="quiet" onClick={onClose} />
      </div>
      {children}
    </dialog>
  );
}
