import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { type HistoryFilter, keys } from "@/api/keys";
import type { ExecutionState } from "@/api/types";

const PAGE_SIZE = 20;
const VERSIONS_SIZE = 50;

/** Always asked for on coming to its page: a session that is not joined tells nothing. */
export const executionQuery = (executionId: string) =>
  queryOptions({
    queryKey: keys.execution(executionId),
    staleTime: 0,
    queryFn: ({ signal }) =>
      ask(
        api.GET("/executions/{execution_id}", {
          params: { path: { execution_id: executionId } },
          signal,
        }),
      ),
  });

/** Executions that were started, newest first; for a search, each page says where it was successful. */
export const executionsQuery = ({ q = "", states = [], tasks = [] }: Partial<HistoryFilter>) =>
  infiniteQueryOptions({
    queryKey: keys.executions({ q, states, tasks }),
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/executions", {
          params: {
            query: {
              limit: PAGE_SIZE,
              ...(q === "" ? {} : { q }),
              ...(states.length === 0 ? {} : { state: states as ExecutionState[] }),
              ...(tasks.length === 0 ? {} : { task_id: [...tasks] }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

export const versionsQuery = (executionId: string) =>
  infiniteQueryOptions({
    queryKey: keys.versions(executionId),
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/executions/{execution_id}/versions", {
          params: {
            path: { execution_id: executionId },
            query: { limit: VERSIONS_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** An earlier version with its body; with a later one above it, it changes no more. */
export const versionQuery = (executionId: string, index: number) =>
  queryOptions({
    queryKey: keys.version(executionId, index),
    queryFn: ({ signal }) =>
      ask(
        api.GET("/executions/{execution_id}/versions/{index}", {
          params: { path: { execution_id: executionId, index: String(index) } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
