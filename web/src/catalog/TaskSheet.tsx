import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { usePageTitle } from "@/components/PageTitle";
import { Sheet } from "@/components/Sheet";
import { ErrorState } from "@/components/StatePanel";
import { taskQuery } from "./queries";
import { TaskForm } from "./TaskForm";

/** The form of a task, as a sheet over the gallery; the whole screen on phones. */
export function TaskSheet() {
  const { t } = useTranslation();
  const { taskId } = useParams({ from: "/inside/tasks/$taskId" });
  const navigate = useNavigate();
  const { data: task, error, refetch } = useQuery(taskQuery(taskId));
  usePageTitle(task?.name ?? t("tasks.title"));
  return (
    <Sheet
      side="right"
      onClose={() => void navigate({ to: "/tasks", search: (search) => search })}
      title={
        task === undefined ? t("tasks.form") : (
          <>
            <span aria-hidden="true">{task.icon}</span> {task.name}
          </>
        )
      }
    >
      {task !== undefined ? <TaskForm key={task.id} task={task} /> : null}
      {task === undefined && error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : null}
      {task === undefined && error === null ? <FormSkeleton label={t("states.loading")} /> : null}
    </Sheet>
  );
}

function FormSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label}>
      <Skeleton height="0.875rem" width="70%" mb="xl" />
      <Skeleton height="0.875rem" width="30%" mb="xs" />
      <Skeleton height="8rem" mb="lg" />
      <Skeleton height="0.875rem" width="30%" mb="xs" />
      <Skeleton height="2.5rem" />
    </div>
  );
}
