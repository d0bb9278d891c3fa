import type { TFunction } from "i18next";
import type { ApiError } from "@/api/errors";
import { newId } from "@/components/new-id";
import type { TaskInput } from "@/api/types";
import { type FilesByInput, takesFiles } from "./files";

export type Values = Record<string, string>;
export type FieldErrors = Record<string, string>;

/**
 * What was typed and not sent. `clientId` makes a repeated request start one run, not two.
 * `executionId`: the run that was prepared when the first file was given; the files are with it.
 */
export type Draft = { values: Values; clientId: string; executionId?: string };

export function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null) return false;
  const draft = value as Partial<Draft>;
  return (
    typeof draft.clientId === "string" &&
    (draft.executionId === undefined || typeof draft.executionId === "string") &&
    typeof draft.values === "object" &&
    draft.values !== null &&
    Object.values(draft.values).every((text) => typeof text === "string")
  );
}

export const newDraft = (): Draft => ({ values: {}, clientId: newId() });

export const hasWords = (draft: Draft) =>
  Object.values(draft.values).some((text) => text.trim() !== "");

/** The names of the fields that must be filled and are not. */
export function missingFields(inputs: TaskInput[], values: Values, files: FilesByInput = {}): string[] {
  const isEmpty = (input: TaskInput) =>
    takesFiles(input) ? (files[input.name] ?? []).length === 0 : (values[input.name] ?? "").trim() === "";
  return inputs.filter((input) => !input.is_optional && isEmpty(input)).map((input) => input.name);
}

/** What keeps the form from being sent, in words, by field. */
export function findFieldErrors(
  t: TFunction, inputs: TaskInput[], values: Values, files: FilesByInput,
): FieldErrors {
  const errors: FieldErrors = {};
  for (const name of missingFields(inputs, values, files)) errors[name] = t("form.missing");
  for (const [name, given] of Object.entries(files)) {
    const problems = given.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    if (problems.some(({ isPassing }) => isPassing)) errors[name] = t("files.unfinished");
    else if (problems.length > 0) errors[name] = t("files.refused");
    else if (given.some((each) => each.upload === null)) errors[name] = t("files.wait");
  }
  return errors;
}

/** What is sent: only fields of this form, and of the optional ones those that hold something. */
export function filledValues(inputs: TaskInput[], values: Values): Values {
  const filled: Values = {};
  for (const input of inputs) {
    if (takesFiles(input)) continue;
    const { name } = input;
    const value = values[name] ?? "";
    if (value.trim() !== "") filled[name] = value;
  }
  return filled;
}

const INPUT_PATH = /^(?:body\.)?inputs\.(.+)$/;

/** The server's words for single fields, by input name; the rest is said above the button. */
export function errorsByInput(error: ApiError): FieldErrors {
  const errors: FieldErrors = {};
  for (const [path, words] of Object.entries(error.fields)) {
    const name = INPUT_PATH.exec(path)?.[1];
    if (name !== undefined) errors[name] = words;
  }
  return errors;
}

export function without(errors: FieldErrors, name: string): FieldErrors {
  return Object.fromEntries(Object.entries(errors).filter(([field]) => field !== name));
}

/** The key that goes with Enter on this machine. */
export const submitKeys = (platform: string) => (/mac|iphone|ipad/i.test(platform) ? "⌘↵" : "Ctrl ↵");
