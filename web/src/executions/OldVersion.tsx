import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import type { Execution, Version } from "@/api/types";
import { FilterChips } from "@/components/FilterChips";
import { Markdown } from "@/components/Markdown";
import { PageTitle } from "@/components/PageTitle";
import { ErrorState } from "@/components/StatePanel";
import classes from "./ExecutionPage.module.css";
import { TextSkeleton } from "./ExecutionSkeleton";
import { versionQuery } from "./queries";
import { useRestoreVersion } from "./use-save-version";

const DiffView = lazy(() => import("./DiffView").then((module) => ({ default: module.DiffView })));

/** What changed since then, or what it changed itself. */
type View = "since" | "made";

type Props = { execution: Execution; index: number };

/**
 * An earlier version, to read, to compare, or to bring back. It is never edited itself, so nothing
 * forks.
 */
export function OldVersion({ execution, index }: Props) {
  const { t } = useTranslation();
  const [view, setView] = useState<View | null>(null);
  const { data: version, error, refetch } = useQuery(versionQuery(execution.id, index));
  if (version === undefined && error !== null) {
    return <ErrorState error={error} onRetry={() => void refetch()} />;
  }
  const views: { value: View; label: string }[] = [
    { value: "since", label: t("versions.view.since") },
    ...(index > 1 ? [{ value: "made" as const, label: t("versions.view.made") }] : []),
  ];
  return (
    <div className={classes.scroller}>
      <div className={classes.page}>
        <PageTitle className={classes.title}>{version?.title ?? t("states.loading")}</PageTitle>
        <OldNotice execution={execution} index={index} isThere={version !== undefined} />
        <div className={classes.views} data-noprint>
          <FilterChips
            label={t("versions.view.name")}
            allLabel={t("versions.view.text")}
            options={views}
            values={view === null ? [] : [view]}
            onChange={(chosen) => setView(chosen.at(-1) ?? null)}
          />
        </div>
        <article className={classes.text} data-text>
          {version === undefined ? <TextSkeleton /> : (
            <Suspense fallback={<TextSkeleton />}>
              <Shown execution={execution} version={version} view={view} />
            </Suspense>
          )}
        </article>
      </div>
    </div>
  );
}

function OldNotice({ execution, index, isThere }: Props & { isThere: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const restore = useRestoreVersion(execution.id);
  const newest = { to: "/executions/$executionId", params: { executionId: execution.id } } as const;
  return (
    <div className={classes.notice} data-tone="warning" data-noprint>
      <p>
        {t("versions.old", { index, count: execution.n_versions })}
        {restore.error === null ? null : <> {describeError(t, restore.error)}</>}
      </p>
      <div className={classes.buttons}>
        <Button size="xs" variant="default" onClick={() => void navigate(newest)}>
          {t("versions.newest")}
        </Button>
        <Button
          size="xs"
          disabled={!isThere || execution.state === "writing"}
          loading={restore.isPending}
          onClick={() => restore.mutate(index, { onSuccess: () => void navigate(newest) })}
        >
          {t("versions.bringBack")}
        </Button>
      </div>
    </div>
  );
}

type ShownProps = { execution: Execution; version: Version; view: View | null };

function Shown({ execution, version, view }: ShownProps) {
  if (view === "since" && execution.text !== null) return <DiffView before={version} after={execution.text} />;
  if (view === "made") return <Made execution={execution} version={version} />;
  return <Markdown text={version.body} />;
}

/** What this version changed in the one before it. */
function Made({ execution, version }: Omit<ShownProps, "view">) {
  const { data: before, error, refetch } = useQuery(versionQuery(execution.id, version.index - 1));
  if (before !== undefined) return <DiffView before={before} after={version} />;
  return error === null ? <TextSkeleton /> : <ErrorState error={error} onRetry={() => void refetch()} />;
}
