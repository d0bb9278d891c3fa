import { ApiError } from "@/api/errors";

export type PasswordFields = { current: string; next: string };
type Missing = "settings.currentMissing" | "settings.nextMissing";

/** What is missing before it is worth asking the server; keys of the words for it. */
export function missingPasswords({ current, next }: PasswordFields): Partial<Record<keyof PasswordFields, Missing>> {
  return {
    ...(current === "" ? { current: "settings.currentMissing" as const } : {}),
    ...(next === "" ? { next: "settings.nextMissing" as const } : {}),
  };
}

const FIELD_OF = { wrong_password: "current", weak_password: "next" } as const;

/** At which field a refusal is said; null for those about neither. */
export function refusedField(error: unknown): keyof PasswordFields | null {
  if (!(error instanceof ApiError)) return null;
  return FIELD_OF[error.code as keyof typeof FIELD_OF] ?? null;
}
