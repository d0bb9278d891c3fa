import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import type { TaskItem } from "@/api/types";

/** More tasks than a person keeps apart by eye; beyond that, the search finds them. */
const GALLERY_LIMIT = 100;

export const tasksQuery = (q: string) =>
  queryOptions({
    queryKey: keys.tasks(q),
    queryFn: ({ signal }) =>
      ask(
        api.GET("/tasks", {
          params: { query: { limit: GALLERY_LIMIT, ...(q === "" ? {} : { q }) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const taskQuery = (taskId: string) =>
  queryOptions({
    queryKey: keys.task(taskId),
    queryFn: ({ signal }) =>
      ask(api.GET("/tasks/{task_id}", { params: { path: { task_id: taskId } }, signal })),
  });

const rank = (task: TaskItem) => (task.is_enabled ? 0 : 1);

/** What can be run before what only teases, recent use first; the rest as the server orders it. */
export function recentFirst(tasks: TaskItem[]): TaskItem[] {
  return tasks.toSorted(
    (one, other) =>
      rank(one) - rank(other) ||
      (other.last_used_at ?? "").localeCompare(one.last_used_at ?? ""),
  );
}
