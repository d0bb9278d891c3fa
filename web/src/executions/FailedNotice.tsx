import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import type { Execution } from "@/api/types";
import classes from "./ExecutionPage.module.css";
import { useTurnActions } from "./use-work";

type Props = {
  execution: Execution;
  turnId: string | null;
  /** Why it failed; null: the person stopped it before it wrote a word. */
  reason: string | null;
};

/** An answer of which there is no text: what happened, what was kept, what to do. */
export function FailedNotice({ execution, turnId, reason }: Props) {
  const { t } = useTranslation();
  const { retry } = useTurnActions(execution.id);
  return (
    <section
      className={classes.notice}
      data-tone={reason === null ? "quiet" : "danger"}
      aria-label={t(reason === null ? "stateWords.stopped" : "stateWords.failed")}
    >
      <p>
        {reason === null ? t("execution.stopped") : <><strong>{t("execution.failed")}</strong> {reason}</>}{" "}
        {t(execution.text === null ? "execution.inputsKept" : "execution.textKept")}
        {retry.error === null ? null : <> {describeError(t, retry.error)}</>}
      </p>
      {turnId === null ? null : (
        <Button
          variant="default"
          leftSection={<IconRefresh aria-hidden="true" size="1rem" stroke={1.5} />}
          loading={retry.isPending}
          onClick={() => retry.mutate(turnId)}
        >
          {t("actions.retry")}
        </Button>
      )}
    </section>
  );
}
