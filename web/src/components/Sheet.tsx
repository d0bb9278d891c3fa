import { CloseButton } from "@mantine/core";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { Modal } from "./Modal";
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

/** A sheet over the page, with a title and a way to close it. */
export function Sheet({ title, side, isFilled = false, onClose, children }: Props) {
  const { t } = useTranslation();
  const titleId = useId();
  return (
    <Modal className={classes.sheet} side={side} labelledBy={titleId} onClose={onClose}>
      <div className={classes.inside}>
        <div className={classes.head}>
          <h2 id={titleId} className={classes.title}>{title}</h2>
          <CloseButton size="lg" aria-label={t("actions.close")} onClick={onClose} />
        </div>
        <div className={classes.body} data-filled={isFilled}>{children}</div>
      </div>
    </Modal>
  );
}
