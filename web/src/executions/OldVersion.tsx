import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import type { Execution } from "@/api/types";
import { Markdown } from "@/components/Markdown";
import { PageTitle } from "@/components/PageTitle";
import { ErrorState } from "@/components/StatePanel";
import classes from "./ExecutionPage.module.css";
import { TextSkeleton } from "./ExecutionSkeleton";
import { versionQuery } from "./queries";
import { useSaveVersion } from "./use-save-version";

type Props = { execution: Execution; index: number };

/** An earlier version, to read or to bring back. It is never edited itself, so nothing forks. */
export function OldVersion({ execution, index }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: version, error, refetch } = useQuery(versionQuery(execution.id, index));
  const save = useSaveVersion(execution.id);
  const newest = { to: "/executions/$executionId", params: { executionId: execution.id } } as const;

  function bringBack(): void {
    if (version === undefined || execution.text === null) return;
    save.mutate(
      { title: version.title, body: version.body, baseVersionId: execution.text.version_id },
      { onSuccess: () => void navigate(newest) },
    );
  }

  if (version === undefined && error !== null) {
    return <ErrorState error={error} onRetry={() => void refetch()} />;
  }
  return (
    <div className={classes.scroller}>
      <div className={classes.page}>
        <PageTitle className={classes.title}>{version?.title ?? t("states.loading")}</PageTitle>
        <div className={classes.notice} data-tone="warning">
          <p>
            {t("versions.old", { index, count: execution.n_versions })}
            {save.error === null ? null : <> {describeError(t, save.error)}</>}
          </p>
          <div className={classes.buttons}>
            <Button size="xs" variant="default" onClick={() => void navigate(newest)}>
              {t("versions.newest")}
            </Button>
            <Button
              size="xs"
              disabled={version === undefined}
              loading={save.isPending}
              onClick={bringBack}
            >
              {t("versions.bringBack")}
            </Button>
          </div>
        </div>
        <article className={classes.text}>
          {version === undefined ? <TextSkeleton /> : <Markdown text={version.body} />}
        </article>
      </div>
    </div>
  );
}
