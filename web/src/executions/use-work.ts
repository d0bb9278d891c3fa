import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { liveStore } from "@/realtime/live-store";
import { useLiveSession } from "@/realtime/use-live";
import { executionQuery } from "./queries";
import { describeWork } from "./work";

/** A piece of work, fetched and followed live. */
export function useWork(executionId: string) {
  const client = useQueryClient();
  const { data: execution, error, refetch } = useQuery(executionQuery(executionId));
  const sessionId = execution?.session_id;
  const live = useLiveSession(sessionId);
  const turnId = live?.turn?.turnId;
  const phase = live?.turn?.phase;

  // The answer ended: fetch what was saved, then let it take the place of what was streamed.
  // After a failure nothing was saved, so the words that came stay on the page.
  useEffect(() => {
    if (sessionId === undefined || turnId === undefined) return;
    if (phase === undefined || phase === "running") return;
    void client.invalidateQueries({ queryKey: keys.execution(executionId) }).then(() => {
      if (phase !== "failed") liveStore.settle(sessionId, turnId);
    });
  }, [client, executionId, phase, sessionId, turnId]);

  const work = useMemo(
    () => (execution === undefined ? null : describeWork(execution, live)),
    [execution, live],
  );
  return { execution, live, work, error, refetch };
}

const path = (turnId: string) => ({ params: { path: { turn_id: turnId } } });

/** Stop the answer being written, or have a failed one written again. */
export function useTurnActions(executionId: string) {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: keys.execution(executionId) });
  const stop = useMutation({
    mutationFn: (turnId: string) => ask(api.POST("/turns/{turn_id}/stop", path(turnId))),
    onSettled,
  });
  const retry = useMutation({
    mutationFn: (turnId: string) => ask(api.POST("/turns/{turn_id}/retry", path(turnId))),
    onSettled,
  });
  return { stop, retry };
}
