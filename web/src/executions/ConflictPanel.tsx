import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "@/api/types";
import { announce } from "@/components/Announcer";
import { RelativeTime } from "@/components/RelativeTime";
import { Sheet } from "@/components/Sheet";
import { DiffView } from "./DiffView";
import type { Content } from "./edit-draft";
import classes from "./TextEditor.module.css";

type Props = {
  readMine: () => Content;
  theirs: Version;
  isSettling: boolean;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
};

/** Two people, or two windows, changed the same place: both texts are here, and one is chosen. */
export function ConflictPanel({ readMine, theirs, isSettling, onKeepMine, onTakeTheirs }: Props) {
  const { t } = useTranslation();
  const [isComparing, setComparing] = useState(false);
  const words = t(theirs.author === "assistant" ? "conflict.byAssistant" : "conflict.elsewhere");
  useEffect(() => announce(words, { isUrgent: true }), [words]);
  const buttons = (
    <div className={classes.buttons}>
      {isComparing ? null : (
        <Button size="xs" variant="default" onClick={() => setComparing(true)}>{t("conflict.compare")}</Button>
      )}
      <Button size="xs" variant="default" loading={isSettling} onClick={onTakeTheirs}>{t("conflict.takeTheirs")}</Button>
      <Button size="xs" disabled={isSettling} onClick={onKeepMine}>{t("conflict.keepMine")}</Button>
    </div>
  );
  return (
    <section className={classes.conflict} aria-label={t("conflict.title")}>
      <p>
        <strong>{t("conflict.title")}</strong> {words} <RelativeTime at={theirs.edited_at} />.{" "}
        {t("conflict.kept")}
      </p>
      {isComparing ? (
        <Sheet side="right" title={t("conflict.compareTitle")} onClose={() => setComparing(false)}>
          <p className={classes.legend}>{t("conflict.legend")}</p>
          <DiffView before={theirs} after={readMine()} />
          <div className={classes.sheetFoot}>{buttons}</div>
        </Sheet>
      ) : buttons}
    </section>
  );
}
