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

export const executionsQuery = (filter: HistoryFilter) =>
  infiniteQueryOptions({
    queryKey: keys.executions(filter),
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/executions", {
          params: {
            query: {
              limit: PAGE_SIZE,
              ...(filter.q === "" ? {} : { q: filter.q }),
              ...(filter.state === null ? {} : { state: [filter.state as ExecutionState] }),
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
