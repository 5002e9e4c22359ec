import { useEffect, useId, useRef } from "preact/hooks";

interface Props {
  title: string;
  text: string;
  /** What the button says that does it. */
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks whether somebody means it. The browser keeps the focus inside and gives it back. */
export function Confirm({ title, text, action, onConfirm, onClose }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      class="live-dialog"
      data-testid="live-confirm"
      ref={ref}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onClose={onClose}
    >
      <h2 id={`${id}-title`}>{title}</h2>
      <p id={`${id}-text`}>{text}</p>
      <div class="live-dialog-buttons">
        <button type="button" class="live-button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="live-button"
          data-variant="danger"
          data-testid="live-confirmed"
          onClick={onConfirm}
        >
          {action}
        </button>
      </div>
    </dialog>
  );
}
