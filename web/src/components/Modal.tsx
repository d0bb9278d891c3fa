import { type ReactNode, useLayoutEffect, useRef } from "react";

type Props = {
  className: string | undefined;
  /** What it is, for a screen reader: in words, or by the element that says it. */
  label?: string;
  labelledBy?: string;
  side?: string;
  onClose: () => void;
  children: ReactNode;
};

/**
 * What covers the page until it is closed: by Escape, or beside it. The browser's own dialog keeps
 * the focus inside and gives it back.
 */
export function Modal({ className, label, labelledBy, side, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed before it is taken out of the page, so that the browser gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null) return undefined;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events -- the backdrop; by keyboard, Escape
    <dialog
      ref={dialog}
      className={className}
      data-side={side}
      aria-label={label}
      aria-labelledby={labelledBy}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      {children}
    </dialog>
  );
}
