import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import type { Execution, Version } from "@/api/types";
import type { Base, Content } from "./edit-draft";

type Edit = { content: Content; base: Base; isNewVersion: boolean };

/** Show a version that was just saved, before any notice tells of it. */
export function useShowSaved(executionId: string) {
  const client = useQueryClient();
  return (version: Version) => {
    client.setQueryData<Execution>(keys.execution(executionId), (execution) =>
      execution === undefined
        ? execution
        : { ...execution, text: version, n_versions: Math.max(execution.n_versions, version.index) },
    );
    void client.invalidateQueries({ queryKey: keys.versions(executionId) });
  };
}

/**
 * Save an edited text as a version; its title becomes the name of the work. Anything newer than
 * its base answers 409 `stale_version`.
 */
export function useSaveVersion(executionId: string) {
  const showSaved = useShowSaved(executionId);
  const path = { execution_id: executionId };
  return useMutation({
    mutationFn: ({ content, base, isNewVersion }: Edit) =>
      ask(
        api.POST("/executions/{execution_id}/versions", {
          params: { path },
          body: {
            ...content,
            base_version_id: base.versionId,
            base_revision: base.revision,
            is_new_version: isNewVersion,
            is_renaming: content.title !== base.title && content.title.trim() !== "",
          },
        }),
      ),
    onSuccess: showSaved,
  });
}

/** Bring an earlier version back, as the newest. */
export function useRestoreVersion(executionId: string) {
  const showSaved = useShowSaved(executionId);
  return useMutation({
    mutationFn: (index: number) =>
      ask(
        api.POST("/executions/{execution_id}/versions/{index}/restore", {
          params: { path: { execution_id: executionId, index: String(index) } },
        }),
      ),
    onSuccess: showSaved,
  });
}
