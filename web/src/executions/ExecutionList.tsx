import { Skeleton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExecutionItem } from "@/api/types";
import { useArrowKeys } from "@/components/use-arrow-keys";
import classes from "./ExecutionList.module.css";
import { ExecutionRow } from "./ExecutionRow";

/** A few executions, to be opened. The history has more to it: HistoryList. */
export function ExecutionList({ executions }: { executions: ExecutionItem[] }) {
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
    </div>
  );
}

export function ExecutionListSkeleton({ count = 6 }: { count?: number }) {
  const { t } = useTranslation();
  return (
    <div className={classes.outer} role="status" aria-label={t("states.loading")}>
      <RowSkeletons count={count} />
    </div>
  );
}

/** The shape of rows that are coming. */
export function RowSkeletons({ count }: { count: number }) {
  return (
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
  );
}
