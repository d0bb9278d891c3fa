/** What is asked for again because it may have changed. */
import type { Query, QueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";

export function refetch(client: QueryClient, queryKey: readonly unknown[]): void {
  for (const query of client.getQueryCache().findAll({ queryKey, fetchStatus: "fetching" })) {
    if (query.state.data === undefined) askOnceMore(client, query);
  }
  void client.invalidateQueries({ queryKey });
}

const askingOnceMore = new WeakSet<Query>();

/**
 * A first answer that is still on its way may be older than what makes us ask again, and the client
 * would take it for the answer to both: a work that ended meanwhile would be shown as written for ever.
 */
export function askOnceMore(client: QueryClient, query: Query): void {
  if (askingOnceMore.has(query)) return;
  askingOnceMore.add(query);
  const forget = () => void askingOnceMore.delete(query);
  const ask = () => {
    forget();
    void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  };
  // After the answer was kept, which happens as its promise is settled. A failure is shown, and stays.
  query.promise?.then(() => void setTimeout(ask, 0), forget);
}

/** Ask again which tasks there are, and for their forms. */
export function refreshTasks(client: QueryClient): void {
  refetch(client, keys.allTasks);
  refetch(client, keys.everyTask);
}

/** Ask again for works and lists of them: what changes by itself. */
export function refreshWork(client: QueryClient): void {
  refetch(client, keys.everyExecution);
  refetch(client, keys.allExecutions);
}

/** After a gap nobody can say what was missed: everything that may have changed is asked again. */
export function refreshAll(client: QueryClient): void {
  refreshWork(client);
  refreshTasks(client);
  for (const queryKey of [keys.me, keys.allMessages, keys.allVersions]) {
    refetch(client, queryKey);
  }
}
