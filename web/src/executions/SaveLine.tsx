import { Button } from "@mantine/core";
import { IconAlertTriangle, IconCloudCheck, IconCloudUp } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import { announce } from "@/components/Announcer";
import type { SaveState, Saving } from "./autosave";
import classes from "./TextEditor.module.css";
import type { RemoteNews } from "./edit-session";

const TONES: Record<SaveState, "quiet" | "warning"> = {
  saved: "quiet", waiting: "quiet", saving: "quiet", retrying: "warning", refused: "warning", stale: "warning",
};

type Props = { saving: Saving; news: RemoteNews | null; onRetry: () => void };

/** Whether the words are on the server; and what others wrote meanwhile. */
export function SaveLine({ saving, news, onRetry }: Props) {
  const { t } = useTranslation();
  const { state, error } = saving;
  const isTrouble = TONES[state] === "warning";
  const words = t(`editor.save.${state}`);
  useEffect(() => {
    if (isTrouble) announce(words, { isUrgent: true });
  }, [isTrouble, words]);
  const told = news === null ? "" : t(`editor.news.${news.kind}`);
  useEffect(() => {
    if (told !== "") announce(told);
  }, [told, news]);
  const Icon = { saved: IconCloudCheck, waiting: IconCloudUp, saving: IconCloudUp }[state as "saved"] ?? IconAlertTriangle;
  return (
    <div className={classes.saving} data-tone={TONES[state]}>
      <p className={classes.saveState}>
        <Icon aria-hidden="true" size="1rem" stroke={1.5} />
        {words}
        {state === "refused" ? <> {describeError(t, error)}</> : null}
      </p>
      {state === "retrying" || state === "refused" ? (
        <Button size="compact-xs" variant="subtle" onClick={onRetry}>{t("actions.retry")}</Button>
      ) : null}
      {told === "" ? null : <p className={classes.news}>{told}</p>}
    </div>
  );
}
