import type { ApiError } from "@/api/errors";
import { newId } from "@/components/new-id";
import type { TaskInput } from "@/api/types";

export type Values = Record<string, string>;
export type FieldErrors = Record<string, string>;

/** What was typed and not sent. `clientId` makes a repeated request start one run, not two. */
export type Draft = { values: Values; clientId: string };

export function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null) return false;
  const draft = value as Partial<Draft>;
  return (
    typeof draft.clientId === "string" &&
    typeof draft.values === "object" &&
    draft.values !== null &&
    Object.values(draft.values).every((text) => typeof text === "string")
  );
}

export const newDraft = (): Draft => ({ values: {}, clientId: newId() });

export const hasWords = (draft: Draft) =>
  Object.values(draft.values).some((text) => text.trim() !== "");

/** Kinds of fields that this form can show. */
export function isFillable(input: TaskInput): boolean {
  return input.kind === "text_area" || input.kind === "drop_down_list";
}

/** The names of the fields that must be filled and are not. */
export function missingFields(inputs: TaskInput[], values: Values): string[] {
  return inputs
    .filter((input) => !input.is_optional && (values[input.name] ?? "").trim() === "")
    .map((input) => input.name);
}

/** What is sent: only fields of this form, and of the optional ones those that hold something. */
export function filledValues(inputs: TaskInput[], values: Values): Values {
  const filled: Values = {};
  for (const { name } of inputs) {
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
