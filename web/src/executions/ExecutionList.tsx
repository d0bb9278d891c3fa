import { Button, Skeleton } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionItem } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { StateChip } from "@/components/StateChip";
import { useArrowKeys } from "@/components/use-arrow-keys";
import classes from "./ExecutionList.module.css";

type Props = {
  executions: ExecutionItem[];
  hasMore?: boolean;
  isLoadingMore?: boolean;
  hasFailed?: boolean;
  onMore?: () => void;
};

export function ExecutionList({ executions, hasMore = false, onMore, ...more }: Props) {
  const onKeyDown = useArrowKeys();
  return (
    <div className={classes.outer}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrows move among links */}
      <ul className={classes.list} onKeyDown={onKeyDown}>
        {executions.map((execution) => (
          <li key={execution.id}>
            <ExecutionRow execution={execution} />
          </li>
        ))}
      </ul>
      {hasMore && onMore !== undefined ? <More onMore={onMore} {...more} /> : null}
    </div>
  );
}

function ExecutionRow({ execution }: { execution: ExecutionItem }) {
  const { t } = useTranslation();
  return (
    <Link
      to="/executions/$executionId"
      params={{ executionId: execution.id }}
      className={classes.row}
      data-arrow
    >
      <span aria-hidden="true" className={classes.icon}>{execution.task.icon}</span>
      <span className={classes.words}>
        <span className={classes.title}>{execution.title ?? execution.task.name}</span>
        <span className={classes.summary}>
          {execution.summary ?? t("history.noSummary", { task: execution.task.name })}
        </span>
      </span>
      <span className={classes.end}>
        <span className={classes.state}><StateChip state={execution.state} /></span>
        <span className={classes.when}>
          <RelativeTime at={execution.started_at ?? execution.created_at} />
        </span>
      </span>
    </Link>
  );
}

type MoreProps = { onMore: () => void; isLoadingMore?: boolean; hasFailed?: boolean };

/** The next page comes when its place is reached; after a failure, or by keyboard, by the button. */
function More({ onMore, isLoadingMore = false, hasFailed = false }: MoreProps) {
  const { t } = useTranslation();
  const { ref, entry } = useIntersection({ rootMargin: "300px" });
  const isReached = entry?.isIntersecting === true;
  useEffect(() => {
    if (isReached && !isLoadingMore && !hasFailed) onMore();
  }, [isReached, isLoadingMore, hasFailed, onMore]);
  return (
    <div ref={ref} className={classes.more}>
      <Button variant="default" loading={isLoadingMore} onClick={onMore}>
        {t(hasFailed ? "actions.retry" : "actions.more")}
      </Button>
    </div>
  );
}

export function ExecutionListSkeleton({ count = 6 }: { count?: number }) {
  const { t } = useTranslation();
  return (
    <div className={classes.outer} role="status" aria-label={t("states.loading")}>
      <div className={classes.list}>
        {Array.from({ length: count }, (_, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- all alike
          <div key={index} className={classes.row}>
            <Skeleton height="1.5rem" width="1.5rem" />
            <span className={classes.words}>
              <Skeleton height="0.875rem" width="45%" mb="xs" />
              <Skeleton height="0.75rem" width="75%" />
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
