import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { tasksQuery } from "@/catalog/queries";
import { TaskIcon } from "@/components/TaskIcon";
import { relativeTime } from "@/i18n/times";
import { arrange, type Group } from "./arrange";
import { readRecent } from "./recent";
import { type Command, useCommands } from "./use-commands";

const PAUSE_MS = 120;
const MOST = 8;

/** Kept under a name of its own: notices keep only whole lists fresh, this one is asked for anew. */
const workQuery = (q: string) =>
  queryOptions({
    queryKey: ["palette", q],
    queryFn: ({ signal }) =>
      ask(
        api.GET("/executions", {
          params: { query: { limit: MOST, ...(q === "" ? {} : { q }) } },
          signal,
        }),
      ),
    staleTime: 2000,
    placeholderData: keepPreviousData,
  });

export type Found = { groups: Group<Command>[]; isSearching: boolean; hasFailed: boolean };

/** What fits the query: tasks and commands at once, work as soon as the server has found it. */
export function useFound(query: string): Found {
  const { t, i18n } = useTranslation();
  const router = useRouter();
  const [recent] = useState(readRecent);
  const [openedAt] = useState(() => new Date());
  const q = query.trim();
  const [asked] = useDebouncedValue(q, PAUSE_MS);
  const commands = useCommands();
  const tasks = useQuery(tasksQuery(""));
  const work = useQuery(workQuery(asked));
  const groups = arrange<Command>(q, {
    recent,
    commands,
    tasks: (tasks.data?.items ?? [])
      .filter((task) => task.is_enabled)
      .toSorted((left, right) => (right.last_used_at ?? "").localeCompare(left.last_used_at ?? ""))
      .map((task) => ({
        kind: "task",
        id: task.id,
        label: task.name,
        words: task.description,
        icon: <TaskIcon icon={task.icon} name={task.name} />,
        run: () => void router.navigate({ to: "/tasks/$taskId", params: { taskId: task.id } }),
      })),
    work: (work.data?.items ?? []).map((run) => ({
      kind: "work",
      id: run.id,
      label: run.title ?? run.task.name,
      detail: `${t(`stateWords.${run.state}`)}, ${relativeTime(run.started_at ?? run.created_at, openedAt, i18n.language)}`,
      words: run.summary ?? "",
      icon: <TaskIcon {...run.task} />,
      run: () => void router.navigate({ to: "/executions/$executionId", params: { executionId: run.id } }),
    })),
  });
  return {
    groups,
    isSearching: work.isFetching || asked !== q,
    hasFailed: work.isError || tasks.isError,
  };
}
