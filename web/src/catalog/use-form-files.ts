import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { ApiError, isWorthRetrying } from "@/api/errors";
import { describeError } from "@/api/problem-text";
import type { Task } from "@/api/types";
import { newId } from "@/components/new-id";
import { showProblem } from "@/components/toasts";
import type { Draft } from "./form";
import {
  type FileInput, type FilesByInput, findField, findMisfit, forgetPreview, type GivenFile, keptFile, newFile,
  sizeInWords,
} from "./files";

type Options = {
  task: Task;
  draft: Draft;
  /** A run was prepared for the files, under this id of ours; null: it is gone. */
  onPrepared: (executionId: string | null, clientId: string) => void;
};

const GONE = new Set(["execution_not_found", "already_started"]);

/** The files of a form: each is sent as soon as it is chosen, and found again after a reload. */
export function useFormFiles({ task, draft, onPrepared }: Options) {
  const { t, i18n } = useTranslation();
  const [files, setFiles] = useState<FilesByInput>({});
  const [isReading, setReading] = useState(draft.executionId !== undefined);
  const now = useRef(files);
  const aborts = useRef(new Map<string, AbortController>());
  const run = useRef<Promise<string> | null>(
    draft.executionId === undefined ? null : Promise.resolve(draft.executionId),
  );

  function change(input: string, next: (before: GivenFile[]) => GivenFile[]): void {
    now.current = { ...now.current, [input]: next(now.current[input] ?? []) };
    setFiles(now.current);
  }

  const update = (input: string, key: string, part: Partial<GivenFile>) =>
    change(input, (before) => before.map((each) => (each.key === key ? { ...each, ...part } : each)));

  // What was sent before a reload is still there, unless it waited for more than a week.
  useEffect(() => {
    const { executionId } = draft;
    if (executionId === undefined) return undefined;
    const controller = new AbortController();
    readFiles(executionId, controller.signal)
      .then((found) => {
        for (const upload of found) {
          const isOne = task.inputs.find(({ name }) => name === upload.input_name)?.file_rule?.max_files === 1;
          change(upload.input_name, (before) => [...(isOne ? [] : before), keptFile(upload)]);
        }
        setReading(false);
      })
      .catch((error: unknown) => {
        if (controller.signal.aborted) return;
        if (error instanceof ApiError && error.status === 404) forgetRun();
        setReading(false);
      });
    return () => controller.abort();
    // oxlint-disable-next-line react/exhaustive-deps -- once, for the draft that the form opened with
  }, []);

  useEffect(
    () => () => {
      for (const controller of aborts.current.values()) controller.abort();
      for (const each of Object.values(now.current).flat()) forgetPreview(each);
    },
    [],
  );

  /** The run that the files are for, prepared once. */
  function prepare(): Promise<string> {
    const clientId = newId();
    run.current ??= ask(
      api.POST("/executions", { body: { task_id: task.id, client_id: clientId } }),
    ).then(({ id }) => {
      onPrepared(id, clientId);
      return id;
    });
    const asked = run.current;
    asked.catch(() => {
      if (run.current === asked) run.current = null;
    });
    return asked;
  }

  /** The run went away (it was started elsewhere, or deleted): the next file gets another. */
  function forgetRun(): void {
    run.current = null;
    onPrepared(null, newId());
    for (const name of Object.keys(now.current)) {
      change(name, (before) => before.filter((each) => each.upload === null));
    }
  }

  async function send(input: string, given: GivenFile): Promise<void> {
    if (given.file === null) return;
    const controller = new AbortController();
    aborts.current.set(given.key, controller);
    update(input, given.key, { problem: null, sent: 0 });
    try {
      const { sendFile } = await import("./send-file");
      const upload = await sendFile({
        executionId: await prepare(),
        inputName: input,
        key: given.key,
        file: given.file,
        onProgress: (sent) => update(input, given.key, { sent }),
        signal: controller.signal,
      });
      update(input, given.key, { upload, sent: 1 });
    } catch (error) {
      if (controller.signal.aborted) return;
      const isGone = error instanceof ApiError && GONE.has(error.code);
      if (isGone) forgetRun();
      const isBusy = error instanceof ApiError && error.status === 429;
      const isPassing = isGone || isBusy || isWorthRetrying(error);
      update(input, given.key, { problem: { words: describeError(t, error), isPassing } });
    } finally {
      aborts.current.delete(given.key);
    }
  }

  function describeMisfit(field: FileInput, file: File): string | null {
    const misfit = findMisfit(field.file_rule, file, now.current[field.name]?.length ?? 0);
    return misfit === null
      ? null
      : t(`files.misfit.${misfit}`, {
          name: file.name,
          size: sizeInWords(field.file_rule.max_bytes, i18n.language),
          count: field.file_rule.max_files,
        });
  }

  function take(field: FileInput, file: File): string | null {
    const problem = describeMisfit(field, file);
    if (problem !== null) return problem;
    // A field for one file takes the new one in the place of the old one.
    if (field.file_rule.max_files === 1) {
      for (const old of now.current[field.name] ?? []) remove(field.name, old);
    }
    const given = newFile(newId(), file);
    change(field.name, (before) => [...before, given]);
    void send(field.name, given);
    return null;
  }

  function remove(input: string, given: GivenFile): void {
    aborts.current.get(given.key)?.abort();
    forgetPreview(given);
    change(input, (before) => before.filter((each) => each.key !== given.key));
    if (given.upload !== null) void takeBack(given.upload.id);
  }

  return {
    files,
    isReading,
    remove,
    retry: (input: string, given: GivenFile) => void send(input, given),
    /** Files from anywhere: to the field they were aimed at, else to one that fits. Answers problems by field. */
    place(found: File[], aimedAt: string | null): Record<string, string> {
      const problems: Record<string, string> = {};
      for (const file of found) {
        const field = findField(task.inputs, now.current, file, aimedAt);
        const problem = field === null ? null : take(field, file);
        if (field === null) showProblem(t("files.noField", { name: file.name }));
        else if (problem !== null) problems[field.name] = problem;
      }
      return problems;
    },
  };
}

async function readFiles(executionId: string, signal: AbortSignal) {
  const page = await ask(
    api.GET("/executions/{execution_id}/uploads", { params: { path: { execution_id: executionId } }, signal }),
  );
  return page.items;
}

/** A file that nobody takes back goes by itself after a week. */
async function takeBack(uploadId: string): Promise<void> {
  try {
    await ask(api.DELETE("/uploads/{upload_id}", { params: { path: { upload_id: uploadId } } }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
