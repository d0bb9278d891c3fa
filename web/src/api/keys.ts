/** Names of what is kept in the query cache. */

/** Empty lists narrow nothing; tasks by their ids. */
export type HistoryFilter = { q: string; states: readonly string[]; tasks: readonly string[] };

export const keys = {
  me: ["me"] as const,
  about: ["about"] as const,
  logins: ["logins"] as const,
  tasks: (q: string) => ["tasks", q] as const,
  allTasks: ["tasks"] as const,
  task: (id: string) => ["task", id] as const,
  everyTask: ["task"] as const,
  execution: (id: string) => ["execution", id] as const,
  everyExecution: ["execution"] as const,
  executions: (filter: HistoryFilter) => ["executions", filter] as const,
  allExecutions: ["executions"] as const,
  versions: (executionId: string) => ["versions", executionId] as const,
  allVersions: ["versions"] as const,
  version: (executionId: string, index: number) => ["version", executionId, index] as const,
  messages: (sessionId: string) => ["messages", sessionId] as const,
  allMessages: ["messages"] as const,
};
