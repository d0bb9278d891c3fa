import type { QueryClient } from "@tanstack/react-query";
import { type HistoryFilter, keys } from "@/api/keys";
import type { Execution, ExecutionItem, ExecutionState, Message, Notice, Person } from "@/api/types";
import { foldExecution, foldExecutions, foldMessages, isAboutExecution, type Pages } from "./fold";
import { askOnceMore, refetch, refreshTasks } from "./refresh";

type ExecutionPages = Pages<ExecutionItem>;

/** Bring everything that was fetched up to date with one notice. */
export function updateCache(client: QueryClient, notice: Notice): void {
  updateExecutionPages(client, notice);
  updateLists(client, notice);
  if (notice.type === "message_added" || notice.type === "message_changed") {
    update<Pages<Message>>(client, keys.messages(notice.session_id), (pages) =>
      foldMessages(pages, notice.message),
    );
    if (notice.message.is_cut) refetch(client, keys.messages(notice.session_id));
  }
  if (notice.type === "text_version_added") {
    refetch(client, keys.versions(notice.execution_id));
    if (notice.version === null) refetch(client, keys.execution(notice.execution_id));
  }
  if (notice.type === "execution_deleted") refetch(client, keys.execution(notice.execution_id));
  if (notice.type === "execution_started") {
    // The notice does not tell what was filled in, nor that the task was used.
    refetch(client, keys.execution(notice.execution.id));
    refetch(client, keys.allTasks);
  }
  if (notice.type === "person_changed") update<Person>(client, keys.me, () => notice.person);
  if (notice.type === "tasks_changed") refreshTasks(client);
}

/** The state in which a fetched execution was last seen, wherever it was fetched. */
export function knownState(client: QueryClient, executionId: string): ExecutionState | undefined {
  const page = client.getQueryData<Execution>(keys.execution(executionId));
  if (page !== undefined) return page.state;
  const lists = client.getQueriesData<ExecutionPages>({ queryKey: keys.allExecutions });
  return lists
    .flatMap(([, pages]) => pages?.pages ?? [])
    .flatMap((each) => each.items)
    .find((item) => item.id === executionId)?.state;
}

/**
 * A work that nobody looks at hears only notices of its person, not of its session: what it says
 * of versions and questions may be more than what is here. Then it is asked for again.
 */
function isIncomplete(execution: Execution): boolean {
  const hasNewest = (execution.text?.index ?? 0) >= execution.n_versions;
  return !hasNewest || (execution.state === "asking" && execution.question === null);
}

function updateExecutionPages(client: QueryClient, notice: Notice): void {
  update<Execution>(client, keys.everyExecution, (execution) => foldExecution(execution, notice));
  if (!isAboutExecution(notice)) return;
  const queryKey = keys.execution(notice.execution.id);
  const execution = client.getQueryData<Execution>(queryKey);
  // One that was gone may have been restored.
  const isFailed = client.getQueryState(queryKey)?.status === "error";
  if (isFailed || (execution !== undefined && isIncomplete(execution))) refetch(client, queryKey);
}

const CHANGES_LISTS: ReadonlySet<Notice["type"]> = new Set([
  "execution_started", "execution_titled", "execution_changed", "execution_deleted",
  "text_version_added",
]);

function updateLists(client: QueryClient, notice: Notice): void {
  if (!CHANGES_LISTS.has(notice.type)) return;
  for (const query of client.getQueryCache().findAll({ queryKey: keys.allExecutions })) {
    const filter = query.queryKey[1] as HistoryFilter;
    const isWhole = filter.q === "" && filter.states.length === 0 && filter.tasks.length === 0;
    update<ExecutionPages>(client, query.queryKey, (pages) =>
      foldExecutions(pages, notice, { isWhole }),
    );
    // Whether it still matches a filter, the server decides.
    if (!isWhole) refetch(client, query.queryKey);
  }
}

/**
 * Change what was fetched under these keys. What was to be asked for again still is, and what is just
 * being asked for is asked for once more: its answer may be older than the notice.
 */
function update<T>(client: QueryClient, queryKey: readonly unknown[], change: (data: T) => T): void {
  for (const query of client.getQueryCache().findAll({ queryKey })) {
    const before = query.state.data as T | undefined;
    const { isInvalidated, fetchStatus } = query.state;
    if (before === undefined) {
      if (fetchStatus === "fetching") askOnceMore(client, query);
      continue;
    }
    const after = change(before);
    if (after === before) continue;
    client.setQueryData(query.queryKey, after);
    if (isInvalidated) query.invalidate();
    if (fetchStatus === "fetching") refetch(client, query.queryKey);
  }
}

/** The person's message is stored: show it, and the answer that begins, before any notice says so. */
export function showPosted(
  client: QueryClient,
  sessionId: string,
  posted: { message: Message; turn: Execution["turn"] },
): void {
  client.setQueryData<Pages<Message>>(keys.messages(sessionId), (pages) =>
    pages === undefined ? pages : foldMessages(pages, posted.message),
  );
  const { turn } = posted;
  if (turn === null || (turn.state !== "queued" && turn.state !== "running")) return;
  client.setQueriesData<Execution>({ queryKey: keys.everyExecution }, (execution) =>
    execution === undefined || execution.session_id !== sessionId
      ? execution
      : { ...execution, state: "writing", question: null, turn },
  );
}
