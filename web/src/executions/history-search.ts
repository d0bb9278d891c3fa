/** What the history shows, as its address says it: /history?q=plan&state=done,asking&task=3,7 */
import type { HistoryFilter } from "@/api/keys";
import type { ExecutionState } from "@/api/types";

export const STATES = ["writing", "asking", "done", "stopped", "failed"] as const;

/** The server takes no endless list. */
const MOST_TASKS = 50;

export type HistorySearch = {
  q?: string | undefined;
  state?: string | undefined;
  task?: string | undefined;
};

export type History = HistoryFilter & { states: readonly ExecutionState[] };

const listOf = (text: string | undefined) => (text ?? "").split(",").filter((part) => part !== "");

/** What is known of the address; the rest is left out. */
export function toFilter({ q, state, task }: HistorySearch): History {
  const asked = new Set(listOf(state));
  return {
    q: q ?? "",
    states: STATES.filter((each) => asked.has(each)),
    tasks: [...new Set(listOf(task))].slice(0, MOST_TASKS),
  };
}

/** What stands in the address: nothing for what narrows nothing. */
export function toSearch({ q, states, tasks }: HistoryFilter): HistorySearch {
  return {
    ...(q === "" ? {} : { q }),
    ...(states.length === 0 ? {} : { state: states.join(",") }),
    ...(tasks.length === 0 ? {} : { task: tasks.join(",") }),
  };
}
