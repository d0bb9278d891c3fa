import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { describeError } from "@/api/problem-text";
import type { Task } from "@/api/types";
import { aboutQuery } from "@/identity/queries";
import { FileField } from "./FileField";
import { takesFiles, uploadIds } from "./files";
import {
  errorsByInput, type FieldErrors, filledValues, findFieldErrors, submitKeys, without,
} from "./form";
import { TaskField } from "./TaskField";
import classes from "./TaskForm.module.css";
import { useDraft } from "./use-draft";
import { useFormFiles } from "./use-form-files";
import { useGivenFiles } from "./use-given-files";
import { useStart } from "./use-start";

export function TaskForm({ task }: { task: Task }) {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  const { draft, setValue, setExecution, forget } = useDraft(task);
  const given = useFormFiles({ task, draft, onPrepared: setExecution });
  const [errors, setErrors] = useState<FieldErrors>({});
  const start = useStart(forget);
  const { data: about } = useQuery(aboutQuery);
  // The sheet opens before its form has come; the first field takes the focus when it does.
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("textarea, select, [data-file-field] button")?.focus();
  }, []);
  const isOver = useGivenFiles(task.inputs.some(takesFiles), (files, aimedAt) => {
    setErrors({ ...errors, ...given.place(files, aimedAt) });
  });

  function clearError(name: string): void {
    if (errors[name] !== undefined) setErrors(without(errors, name));
  }

  /** What was waited for may have come meanwhile. */
  function errorOf(name: string): string | undefined {
    const error = errors[name];
    const hasWaited = [t("files.wait"), t("files.unfinished"), t("files.refused")].some((words) => words === error);
    return hasWaited && (given.files[name] ?? []).every(({ upload }) => upload !== null) ? undefined : error;
  }

  function takeFiles(name: string, files: File[]): void {
    setErrors({ ...without(errors, name), ...given.place(files, name) });
  }

  function showErrors(found: FieldErrors): void {
    setErrors(found);
    const first = task.inputs.find((input) => found[input.name] !== undefined);
    if (first === undefined) return;
    form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(first.name)}"]`)?.focus();
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (start.isPending || given.isReading) return;
    const found = findFieldErrors(t, task.inputs, draft.values, given.files);
    showErrors(found);
    if (Object.keys(found).length > 0) return;
    start.mutate(
      {
        task_id: task.id,
        client_id: draft.clientId,
        inputs: filledValues(task.inputs, draft.values),
        uploads: uploadIds(task.inputs, given.files),
      },
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
      {task.inputs.map((input) =>
        takesFiles(input) ? (
          <FileField
            key={input.name}
            input={input}
            files={given.files[input.name] ?? []}
            error={errorOf(input.name)}
            isTarget={isOver}
            hasVision={about?.model.has_vision !== false}
            onTake={(files) => takeFiles(input.name, files)}
            onRemove={(file) => {
              given.remove(input.name, file);
              clearError(input.name);
            }}
            onRetry={(file) => {
              given.retry(input.name, file);
              clearError(input.name);
            }}
          />
        ) : (
          <TaskField
            key={input.name}
            input={input}
            value={draft.values[input.name] ?? ""}
            error={errors[input.name]}
            onChange={(value) => {
              setValue(input.name, value);
              clearError(input.name);
            }}
          />
        ),
      )}
      <div className={classes.foot}>
        <FormProblem error={start.error} />
        <Button type="submit" size="md" loading={start.isPending}>
          {t("form.start")}
          <kbd className={classes.keys} aria-hidden="true">{submitKeys(navigator.platform)}</kbd>
        </Button>
      </div>
    </form>
  );
}

function FormProblem({ error }: { error: Error | null }) {
  const { t } = useTranslation();
  // Words for single fields stand at their fields.
  const isAtField = error instanceof ApiError && Object.keys(errorsByInput(error)).length > 0;
  const words = error !== null && !isAtField ? describeError(t, error) : null;
  return (
    <div role="alert">
      {words === null ? null : <p className={classes.problem}>{words} {t("form.kept")}</p>}
    </div>
  );
}
