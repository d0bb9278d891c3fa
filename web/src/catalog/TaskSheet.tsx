import { Button, Skeleton } from "@mantine/core";
import { IconRefresh, IconWifiOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { usePageTitle } from "@/components/PageTitle";
import { Sheet } from "@/components/Sheet";
import { EmptyState, ErrorState } from "@/components/StatePanel";
import { TaskIcon } from "@/components/TaskIcon";
import { useReturn } from "@/components/use-return";
import { taskQuery } from "./queries";
import { TaskForm } from "./TaskForm";

/** The form of a task, as a sheet over the gallery; the whole screen on phones. */
export function TaskSheet() {
  const { t } = useTranslation();
  const { taskId } = useParams({ from: "/inside/tasks/$taskId" });
  const navigate = useNavigate();
  const { data: task, error, refetch } = useQuery(taskQuery(taskId));
  const retry = useCallback(() => void refetch(), [refetch]);
  usePageTitle(task?.name ?? t("tasks.title"));
  return (
    <Sheet
      side="right"
      onClose={() => void navigate({ to: "/tasks", search: (search) => search })}
      title={
        task === undefined ? t("tasks.form") : (
          <>
            <TaskIcon icon={task.icon} name={task.name} /> {task.name}
          </>
        )
      }
    >
      {task !== undefined ? <TaskForm key={task.id} task={task} /> : null}
      {task === undefined && error !== null ? (
        <FormProblem error={error} onRetry={retry} />
      ) : null}
      {task === undefined && error === null ? <FormSkeleton label={t("states.loading")} /> : null}
    </Sheet>
  );
}

function FormProblem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const isAway = error instanceof ApiError && error.isOffline;
  return isAway ? <AwayForm onRetry={onRetry} /> : <ErrorState error={error} onRetry={onRetry} />;
}

/** A form that this browser never loaded, and cannot load now. It opens by itself later. */
function AwayForm({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  useReturn(onRetry);
  const icon = <IconRefresh aria-hidden="true" size="1rem" stroke={1.5} />;
  return (
    <div role="alert">
      <EmptyState
        icon={<IconWifiOff stroke={1.5} />}
        title={t(navigator.onLine ? "connection.awayTitle" : "connection.offlineTitle")}
        text={t("connection.formNotLoaded")}
        action={<Button variant="default" leftSection={icon} onClick={onRetry}>{t("actions.retry")}</Button>}
      />
    </div>
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
