import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Execution, Version } from "@/api/types";
import { useOutbox } from "@/chat/outbox";
import classes from "./ExecutionPage.module.css";

/** A text that does not end where its author wanted: why, and how to go on. */
export function EndingNotice({ execution, text }: { execution: Execution; text: Version }) {
  const { t } = useTranslation();
  const { send } = useOutbox(execution.session_id);
  if (text.ending === "whole") return null;
  return (
    <section className={classes.notice} data-tone={text.ending === "cut" ? "warning" : "quiet"} aria-label={t("ending.title")}>
      <p>{t(`ending.${text.ending}`)}</p>
      {execution.is_result_chat_enabled ? (
        <Button size="xs" variant="default" onClick={() => send(t("ending.ask"))}>{t("ending.goOn")}</Button>
      ) : null}
    </section>
  );
}
