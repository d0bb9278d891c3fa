import { useEffect, useRef, useState } from "react";
import type { Task } from "@/api/types";
import { dropDraft, keepDraft, readDraft } from "@/components/drafts";
import { newId } from "@/components/new-id";
import { type Draft, hasWords, isDraft, newDraft, type Values } from "./form";
import { forgetPrefill, withPrefill } from "./prefill";

/** What is typed, kept in the browser until it is sent; files are kept by the server. */
export function useDraft(task: Task) {
  const name = `task.${task.id}`;
  const [draft, setDraft] = useState(() =>
    withPrefill(task.id, task.inputs, readDraft(name, isDraft) ?? newDraft()),
  );
  // Answers come later than keys: each change goes from what the draft is by then.
  const now = useRef(draft);
  useEffect(() => {
    // What the form began with is from now on a draft like any other.
    if (hasWords(now.current)) keepDraft(name, now.current);
    forgetPrefill(task.id);
  }, [name, task.id]);

  function change(next: Draft): void {
    now.current = next;
    setDraft(next);
    keepDraft(name, next);
  }

  return {
    draft,
    setValue(input: string, value: string): void {
      const values: Values = { ...now.current.values, [input]: value };
      // Other words are another request: the server would answer the old one for the old id. With
      // files the run is there already, and its id has to stay.
      const hasRun = now.current.executionId !== undefined;
      change({ ...now.current, values, clientId: hasRun ? now.current.clientId : newId() });
    },
    /** The run that was prepared for the files, with the id that it was asked for with. */
    setExecution: (executionId: string | null, clientId: string) => {
      const { values } = now.current;
      change(executionId === null ? { values, clientId } : { values, clientId, executionId });
    },
    forget: () => dropDraft(name),
  };
}
