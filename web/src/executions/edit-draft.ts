/** An edit that was typed and not saved, and the version it started from. */
export type EditDraft = { title: string; body: string; baseVersionId: string };

export const draftName = (executionId: string) => `edit.${executionId}`;

export function isEditDraft(value: unknown): value is EditDraft {
  if (typeof value !== "object" || value === null) return false;
  const draft = value as Partial<EditDraft>;
  return (
    typeof draft.title === "string" &&
    typeof draft.body === "string" &&
    typeof draft.baseVersionId === "string"
  );
}
