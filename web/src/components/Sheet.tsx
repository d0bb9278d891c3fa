import { CloseButton } from "@mantine/core";
import { type ReactNode, useLayoutEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Sheet.module.css";

type Props = {
  title: ReactNode;
  /** At the right over the page (the whole screen on phones), or from below. */
  side: "right" | "bottom";
  /** The children fill the sheet and scroll by themselves. */
  isFilled?: boolean;
  onClose: () => void;
  children: ReactNode;
};

/** A sheet over the page: the browser's own dialog keeps the focus inside and gives it back. */
export function Sheet({ title, side, isFilled = false, onClose, children }: Props) {
  const { t } = useTranslation();
  const titleId = useId();
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
      className={classes.sheet}
      data-side={side}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className={classes.inside}>
        <div className={classes.head}>
          <h2 id={titleId} className={classes.title}>{title}</h2>
          <CloseButton size="lg" aria-label={t("actions.close")} onClick={onClose} />
        </div>
        <div className={classes.body} data-filled={isFilled}>{children}</div>
      </div>
    </dialog>
  );
}
