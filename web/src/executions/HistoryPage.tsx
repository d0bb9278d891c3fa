import { Button } from "@mantine/core";
import { IconHistory, IconSearchOff } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { FilterChips } from "@/components/FilterChips";
import { PageHead } from "@/components/PageHead";
import { SearchField } from "@/components/SearchField";
import { EmptyState, ErrorState } from "@/components/StatePanel";
import { ExecutionListSkeleton } from "./ExecutionList";
import classes from "./ExecutionList.module.css";
import { collectHighlights } from "./highlights";
import { type History, STATES, toFilter, toSearch } from "./history-search";
import { HistoryList } from "./HistoryList";
import { MoreRows } from "./MoreRows";
import { executionsQuery } from "./queries";
import { TaskFilter } from "./TaskFilter";

/** All that was written, newest first. */
export function HistoryPage() {
  const { t } = useTranslation();
  const filter = toFilter(useSearch({ from: "/inside/history" }));
  const navigate = useNavigate();
  const go = (next: Partial<History>) => {
    void navigate({ to: "/history", search: toSearch({ ...filter, ...next }), replace: true });
  };
  return (
    <>
      <PageHead title={t("history.title")}>
        <SearchField label={t("history.search")} value={filter.q} onSearch={(q) => go({ q })} />
        <div className={classes.filters}>
          <FilterChips
            label={t("history.filter")}
            values={filter.states}
            options={STATES.map((state) => ({ value: state, label: t(`stateWords.${state}`) }))}
            allLabel={t("history.all")}
            onChange={(states) => go({ states })}
          />
          <TaskFilter chosen={filter.tasks} onChange={(tasks) => go({ tasks })} />
        </div>
      </PageHead>
      <Results filter={filter} />
    </>
  );
}

function Results({ filter }: { filter: History }) {
  const query = useInfiniteQuery(executionsQuery(filter));
  const { data, error, refetch, fetchNextPage } = query;
  if (data === undefined) {
    if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return <ExecutionListSkeleton />;
  }
  const executions = data.pages.flatMap((page) => page.items);
  if (executions.length === 0 && !query.hasNextPage) {
    const isWhole = Object.keys(toSearch(filter)).length === 0;
    return isWhole ? <NothingYet /> : <NothingFound />;
  }
  return (
    <div className={classes.outer} aria-busy={query.isPlaceholderData}>
      <HistoryList executions={executions} highlights={collectHighlights(data.pages)} />
      {query.hasNextPage ? (
        <MoreRows
          isLoading={query.isFetchingNextPage}
          hasFailed={query.isFetchNextPageError}
          onMore={() => void fetchNextPage()}
        />
      ) : null}
    </div>
  );
}

function NothingYet() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<IconHistory stroke={1.5} />}
      title={t("history.none")}
      text={t("history.noneText")}
      action={<Button component={Link} to="/tasks">{t("actions.chooseTask")}</Button>}
    />
  );
}

function NothingFound() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  // The button goes with what it clears; the search is what one wants next.
  const clear = () => {
    void navigate({ to: "/history", search: {} });
    document.querySelector<HTMLElement>("main input[type='search']")?.focus();
  };
  return (
    <EmptyState
      icon={<IconSearchOff stroke={1.5} />}
      title={t("history.nothingFound")}
      text={t("history.nothingFoundText")}
      action={<Button variant="default" onClick={clear}>{t("history.clear")}</Button>}
    />
  );
}
