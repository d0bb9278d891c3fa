import { Button } from "@mantine/core";
import { IconHistory, IconSearchOff } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { ExecutionState } from "@/api/types";
import { FilterChips } from "@/components/FilterChips";
import { PageHead } from "@/components/PageHead";
import { SearchField } from "@/components/SearchField";
import { EmptyState, ErrorState } from "@/components/StatePanel";
import { ExecutionList, ExecutionListSkeleton } from "./ExecutionList";
import { executionsQuery } from "./queries";

const STATES = ["writing", "asking", "done", "stopped", "failed"] as const;

/** All that was written, newest first. */
export function HistoryPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/inside/history" });
  const navigate = useNavigate();
  const go = (next: { q?: string | undefined; state?: ExecutionState | undefined }) => {
    const { q, state } = { ...search, ...next };
    void navigate({
      to: "/history",
      search: { ...(q ? { q } : {}), ...(state ? { state } : {}) },
      replace: true,
    });
  };
  return (
    <>
      <PageHead title={t("history.title")}>
        <SearchField label={t("history.search")} value={search.q ?? ""} onSearch={(q) => go({ q })} />
        <FilterChips
          label={t("history.filter")}
          value={search.state ?? null}
          options={STATES.map((state) => ({ value: state, label: t(`stateWords.${state}`) }))}
          allLabel={t("history.all")}
          onChange={(state) => go({ state: state ?? undefined })}
        />
      </PageHead>
      <Results q={search.q ?? ""} state={search.state ?? null} />
    </>
  );
}

function Results({ q, state }: { q: string; state: ExecutionState | null }) {
  const { t } = useTranslation();
  const { data, error, refetch, ...next } = useInfiniteQuery(executionsQuery({ q, state }));
  if (data === undefined) {
    if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return <ExecutionListSkeleton />;
  }
  const executions = data.pages.flatMap((page) => page.items);
  if (executions.length > 0) {
    return (
      <ExecutionList
        executions={executions}
        hasMore={next.hasNextPage}
        isLoadingMore={next.isFetchingNextPage}
        hasFailed={next.isFetchNextPageError}
        onMore={() => void next.fetchNextPage()}
      />
    );
  }
  if (q !== "" || state !== null) {
    return (
      <EmptyState
        icon={<IconSearchOff stroke={1.5} />}
        title={t("history.nothingFound")}
        text={t("history.nothingFoundText")}
        action={<Button variant="default" component={Link} to="/history">{t("history.showAll")}</Button>}
      />
    );
  }
  return (
    <EmptyState
      icon={<IconHistory stroke={1.5} />}
      title={t("history.none")}
      text={t("history.noneText")}
      action={<Button component={Link} to="/tasks">{t("actions.chooseTask")}</Button>}
    />
  );
}
