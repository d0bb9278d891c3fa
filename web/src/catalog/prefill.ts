/** Words said elsewhere (in the composer of the home page) that a task's form begins with. */
import type { TaskInput } from "@/api/types";
import { dropDraft, keepDraft, readDraft } from "@/components/drafts";
import { newId } from "@/components/new-id";
import type { Draft } from "./form";

const nameOf = (taskId: string) => `prefill.${taskId}`;
const isText = (value: unknown): value is string => typeof value === "string";

/**
 * Hand words to the form of a task; then open it at `/tasks/$taskId`.
 *
 * The form puts them into its first text field, once. What was typed there before stays: the new
 * words come after it.
 */
export function prefillTask(taskId: string, words: string): void {
  if (words.trim() !== "") keepDraft(nameOf(taskId), words);
}

/** The draft with the words that were handed over. */
export function withPrefill(taskId: string, inputs: TaskInput[], draft: Draft): Draft {
  const words = readDraft(nameOf(taskId), isText);
  const field = inputs.find((input) => input.kind === "text_area");
  if (words === null || field === undefined) return draft;
  const before = draft.values[field.name]?.trim() ?? "";
  if (before === words.trim() || before.endsWith(`\n\n${words.trim()}`)) return draft;
  const text = before === "" ? words : `${before}\n\n${words}`;
  return { ...draft, values: { ...draft.values, [field.name]: text }, clientId: newId() };
}

/** They stand in the form now. */
export const forgetPrefill = (taskId: string) => dropDraft(nameOf(taskId));
