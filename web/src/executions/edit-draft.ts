/** What a person makes of a text. */
export type Content = { title: string; body: string };

/** What the server is known to have, and which version that is. */
export type Base = Content & { versionId: string; revision: number };

/** An edit that was typed and is not saved, and the version it started from. */
export type EditDraft = Content & { base: Base };

export const draftName = (executionId: string) => `edit.${executionId}`;

const isContent = (value: unknown): value is Content => {
  const content = value as Partial<Content> | null;
  return typeof content?.title === "string" && typeof content.body === "string";
};

export function isEditDraft(value: unknown): value is EditDraft {
  if (!isContent(value)) return false;
  const { base } = value as Partial<EditDraft>;
  return isContent(base) && typeof base.versionId === "string" && typeof base.revision === "number";
}

export const isSameContent = (one: Content, other: Content) =>
  one.title === other.title && one.body === other.body;
