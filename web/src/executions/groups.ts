/** The history by days: today and yesterday, the week before, then months. */
import type { ExecutionItem } from "@/api/types";
import { daysBetween } from "@/i18n/times";

type Named = "today" | "yesterday" | "week";
export type Group = { key: string; name: Named | null; month: string; items: ExecutionItem[] };

const WEEK = 7;

function nameOf(days: number): Named | null {
  if (days <= 0) return "today";
  if (days === 1) return "yesterday";
  return days < WEEK ? "week" : null;
}

/** Items that have the newest first, in groups that do so too; `month` names a group without a name. */
export function groupByAge(items: ExecutionItem[], now: Date, language: string): Group[] {
  const months = new Intl.DateTimeFormat(language, { month: "long", year: "numeric" });
  const groups: Group[] = [];
  for (const item of items) {
    const at = new Date(item.created_at);
    const name = nameOf(daysBetween(at, now));
    const month = months.format(at);
    const key = name ?? month;
    const last = groups.at(-1);
    if (last?.key === key) last.items.push(item);
    else groups.push({ key, name, month, items: [item] });
  }
  return groups;
}
