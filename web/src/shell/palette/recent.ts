/** What was chosen in the palette before, the newest first. Forgotten at log-out, like drafts. */
import { keepDraft, readDraft } from "@/components/drafts";

export type Recent = { kind: "task" | "work" | "command"; id: string };

const NAME = "palette.recent";
const MOST = 8;

const isRecent = (value: unknown): value is Recent =>
  typeof value === "object" && value !== null && "kind" in value && "id" in value;

const isRecentList = (value: unknown): value is Recent[] =>
  Array.isArray(value) && value.every(isRecent);

export const readRecent = (): Recent[] => readDraft(NAME, isRecentList) ?? [];

export function rememberRecent(chosen: Recent): void {
  const others = readRecent().filter(({ kind, id }) => kind !== chosen.kind || id !== chosen.id);
  keepDraft(NAME, [chosen, ...others].slice(0, MOST));
}
