import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";

type NewRun = { task_id: string; client_id: string; inputs: Record<string, string>; uploads: Record<string, string[]> };

/** Starts a run and leads to its page. */
export function useStart(forget: () => void) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: NewRun) => ask(api.POST("/executions", { body })),
    onSuccess: (execution) => {
      forget();
      client.setQueryData(keys.execution(execution.id), execution);
      void client.invalidateQueries({ queryKey: keys.allExecutions });
      void client.invalidateQueries({ queryKey: keys.allTasks });
      return navigate({ to: "/executions/$executionId", params: { executionId: execution.id } });
    },
  });
}
