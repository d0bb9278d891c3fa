import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import type { Execution } from "@/api/types";

type Edit = { title: string; body: string; baseVersionId: string | null };

/** Save an edited text as a version. A newer version than its base answers 409 `stale_version`. */
export function useSaveVersion(executionId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ title, body, baseVersionId }: Edit) =>
      ask(
        api.POST("/executions/{execution_id}/versions", {
          params: { path: { execution_id: executionId } },
          body: { title, body, base_version_id: baseVersionId, is_new_version: false },
        }),
      ),
    onSuccess: (version) => {
      client.setQueryData<Execution>(keys.execution(executionId), (execution) =>
        execution === undefined
          ? execution
          : {
              ...execution,
              text: version,
              n_versions: Math.max(execution.n_versions, version.index),
            },
      );
      void client.invalidateQueries({ queryKey: keys.versions(executionId) });
    },
  });
}
