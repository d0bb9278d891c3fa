import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { ApiError } from "@/api/errors";
import { keys } from "@/api/keys";
import { describeError } from "@/api/problem-text";
import type { Task } from "@/api/types";
import { dropDraft, keepDraft, readDraft } from "@/components/drafts";
import { newId } from "@/components/new-id";
import {
  errorsByInput, type FieldErrors, filledValues, hasWords, isDraft, isFillable, missingFields,
  newDraft, submitKeys, type Values, without,
} from "./form";
import { forgetPrefill, withPrefill } from "./prefill";
import { TaskField } from "./TaskField";
import classes from "./TaskForm.module.css";

export function TaskForm({ task }: { task: Task }) {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  const { draft, setValue, forget } = useDraft(task);
  const [errors, setErrors] = useState<FieldErrors>({});
  const start = useStart(task, forget);
  // The sheet opens before its form has come; the first field takes the focus when it does.
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("textarea, select")?.focus();
  }, []);
  const needsFiles = task.inputs.some((input) => !isFillable(input) && !input.is_optional);

  function showErrors(found: FieldErrors): void {
    setErrors(found);
    const first = task.inputs.find((input) => found[input.name] !== undefined);
    if (first === undefined) return;
    form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(first.name)}"]`)?.focus();
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (start.isPending || needsFiles) return;
    const missing = missingFields(task.inputs, draft.values);
    if (missing.length > 0) {
      showErrors(Object.fromEntries(missing.map((name) => [name, t("form.missing")])));
      return;
    }
    setErrors({});
    start.mutate(
      { clientId: draft.clientId, values: filledValues(task.inputs, draft.values) },
      {
        onError: (error) => {
          if (error instanceof ApiError) showErrors(errorsByInput(error));
        },
      },
    );
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    form.current?.requestSubmit();
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a shortcut for the button
    <form ref={form} className={classes.form} noValidate onSubmit={submit} onKeyDown={onKeyDown}>
      <p className={classes.lead}>{task.description}</p>
      {task.inputs.map((input) => (
        <TaskField
          key={input.name}
          input={input}
          value={draft.values[input.name] ?? ""}
          error={errors[input.name]}
          onChange={(value) => {
            setValue(input.name, value);
            if (errors[input.name] !== undefined) setErrors(without(errors, input.name));
          }}
        />
      ))}
      <div className={classes.foot}>
        <FormProblem error={start.error} needsFiles={needsFiles} />
        <Button type="submit" size="md" loading={start.isPending} disabled={needsFiles}>
          {t("form.start")}
          <kbd className={classes.keys} aria-hidden="true">{submitKeys(navigator.platform)}</kbd>
        </Button>
      </div>
    </form>
  );
}

function FormProblem({ error, needsFiles }: { error: Error | null; needsFiles: boolean }) {
  const { t } = useTranslation();
  // Words for single fields stand at their fields.
  const isAtField = error instanceof ApiError && Object.keys(errorsByInput(error)).length > 0;
  const words = error !== null && !isAtField ? describeError(t, error) : null;
  return (
    <div role="alert">
      {words === null ? null : <p className={classes.problem}>{words} {t("form.kept")}</p>}
      {needsFiles ? <p className={classes.problem}>{t("form.needsFiles")}</p> : null}
    </div>
  );
}

/** What is typed, kept in the browser until it is sent. */
function useDraft(task: Task) {
  const name = `task.${task.id}`;
  const [draft, setDraft] = useState(() =>
    withPrefill(task.id, task.inputs, readDraft(name, isDraft) ?? newDraft()),
  );
  // What the form began with is from now on a draft like any other.
  const first = useRef(draft);
  useEffect(() => {
    if (hasWords(first.current)) keepDraft(name, first.current);
    forgetPrefill(task.id);
  }, [name, task.id]);
  return {
    draft,
    setValue(input: string, value: string): void {
      const values: Values = { ...draft.values, [input]: value };
      // Other words are another request: the server would answer the old one for the old id.
      const next = { values, clientId: newId() };
      setDraft(next);
      keepDraft(name, next);
    },
    forget: () => dropDraft(name),
  };
}

function useStart(task: Task, forget: () => void) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ clientId, values }: { clientId: string; values: Values }) =>
      ask(
        api.POST("/executions", {
          body: { task_id: task.id, client_id: clientId, inputs: values },
        }),
      ),
    onSuccess: (execution) => {
      forget();
      client.setQueryData(keys.execution(execution.id), execution);
      void client.invalidateQueries({ queryKey: keys.allExecutions });
      void client.invalidateQueries({ queryKey: keys.allTasks });
      return navigate({ to: "/executions/$executionId", params: { executionId: execution.id } });
    },
  });
}
