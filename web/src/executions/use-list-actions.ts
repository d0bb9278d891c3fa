import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { describeError } from "@/api/problem-text";
import type { ExecutionItem, Notice } from "@/api/types";
import { showProblem } from "@/components/toasts";
import { useUndoable } from "@/components/undo";
import { updateCache } from "@/realtime/cache";
import { refreshWork } from "@/realtime/refresh";
import { foldExecutions, type Pages } from "@/realtime/fold";

/** Renaming and deleting in lists: shown at once, told to the server, taken back when it refuses. */
export function useListActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const act = useUndoable();

  const remove = useCallback(
    (execution: ExecutionItem) => {
      const params = { path: { execution_id: execution.id } };
      act({
        id: `execution-${execution.id}`,
        words: t("history.deleted", { title: execution.title ?? execution.task.name }),
        run: async () => {
          await showInLists(client, { type: "execution_deleted", delivery_id: null, execution_id: execution.id });
          await ask(api.DELETE("/executions/{execution_id}", { params }));
        },
        undo: async () => {
          const restored = await ask(api.POST("/executions/{execution_id}/restore", { params }));
          updateCache(client, { type: "execution_changed", delivery_id: null, execution: restored });
        },
        onFailure: () => refreshWork(client),
      });
    },
    [act, client, t],
  );

  const rename = useCallback(
    (execution: ExecutionItem, title: string) => {
      const send = async () => {
        const params = { path: { execution_id: execution.id } };
        await showInLists(client, titled({ ...execution, title }));
        const saved = await ask(api.PATCH("/executions/{execution_id}", { params, body: { title } }));
        updateCache(client, titled(saved));
      };
      send().catch((error: unknown) => {
        refreshWork(client);
        showProblem(describeError(t, error));
      });
    },
    [client, t],
  );
  return { remove, rename };
}

const titled = (execution: ExecutionItem): Notice => ({
  type: "execution_titled",
  delivery_id: null,
  execution,
});

/** Before the server knows it: what is being fetched would show the old state again. */
async function showInLists(client: QueryClient, notice: Notice): Promise<void> {
  await client.cancelQueries({ queryKey: keys.allExecutions });
  client.setQueriesData<Pages<ExecutionItem>>({ queryKey: keys.allExecutions }, (pages) =>
    pages === undefined ? pages : foldExecutions(pages, notice, { isWhole: false }),
  );
}
