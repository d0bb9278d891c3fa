import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { use, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionItem } from "@/api/types";
import { announce } from "@/components/Announcer";
import { showToast } from "@/components/toasts";
import { knownState } from "@/realtime/cache";
import { isAboutExecution } from "@/realtime/fold";
import { LiveContext } from "@/realtime/use-live";

const ENDINGS = { done: "finished.done", asking: "finished.asking", failed: "finished.failed" } as const;

/** Says that an answer ended: to the ear on its own page, with a small notice on any other. */
export function FinishedWork() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const connection = use(LiveContext);
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const writing = useRef(new Set<string>());

  useEffect(() => {
    function tell(execution: ExecutionItem): void {
      const ending = ENDINGS[execution.state as keyof typeof ENDINGS];
      if (ending === undefined) return;
      const words = t(ending, { title: execution.title ?? execution.task.name });
      if (path === `/executions/${execution.id}`) {
        announce(words, { isUrgent: execution.state === "failed" });
        return;
      }
      const params = { executionId: execution.id };
      showToast({
        id: `finished-${execution.id}`,
        words,
        tone: execution.state === "failed" ? "danger" : "plain",
        action: {
          label: t("actions.open"),
          run: () => void navigate({ to: "/executions/$executionId", params }),
        },
      });
    }
    return connection?.onNotices((notice) => {
      if (!isAboutExecution(notice)) return;
      const { execution } = notice;
      if (execution.state === "writing") {
        writing.current.add(execution.id);
        return;
      }
      const wasWriting = knownState(client, execution.id) === "writing";
      if (writing.current.delete(execution.id) || wasWriting) tell(execution);
    });
  }, [client, connection, navigate, path, t]);
  return null;
}
