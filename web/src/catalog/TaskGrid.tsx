import { Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { TaskItem } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { TaskIcon } from "@/components/TaskIcon";
import { useArrowKeys } from "@/components/use-arrow-keys";
import classes from "./TaskGrid.module.css";

export function TaskGrid({ tasks }: { tasks: TaskItem[] }) {
  const onKeyDown = useArrowKeys();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrows move among links
    <ul className={classes.grid} onKeyDown={onKeyDown}>
      {tasks.map((task) => (
        <li key={task.id}>
          <TaskCard task={task} />
        </li>
      ))}
    </ul>
  );
}

function TaskCard({ task }: { task: TaskItem }) {
  const { t } = useTranslation();
  const body = (
    <>
      <TaskIcon className={classes.icon} icon={task.icon} name={task.name} />
      <span className={classes.name}>{task.name}</span>
      <span className={classes.description}>{task.description}</span>
      <span className={classes.foot}>
        {task.is_enabled ? <LastUsed at={task.last_used_at} /> : t("tasks.notInPlan")}
      </span>
    </>
  );
  if (!task.is_enabled) return <div className={classes.card} data-off="true">{body}</div>;
  return (
    <Link
      to="/tasks/$taskId"
      params={{ taskId: task.id }}
      search={(search) => search}
      className={classes.card}
      data-arrow
    >
      {body}
    </Link>
  );
}

function LastUsed({ at }: { at: string | null }) {
  const { t } = useTranslation();
  if (at === null) return t("tasks.neverUsed");
  return (
    <>
      {t("tasks.lastUsed")} <RelativeTime at={at} />
    </>
  );
}

export function TaskGridSkeleton({ count = 6 }: { count?: number }) {
  const { t } = useTranslation();
  return (
    <div className={classes.grid} role="status" aria-label={t("states.loading")}>
      {Array.from({ length: count }, (_, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- all alike
        <div key={index} className={classes.card} data-off="true">
          <Skeleton height="2rem" width="2rem" />
          <Skeleton height="1rem" width="60%" mt="sm" />
          <Skeleton height="0.75rem" mt="xs" />
          <Skeleton height="0.75rem" width="80%" mt="xs" />
        </div>
      ))}
    </div>
  );
}
