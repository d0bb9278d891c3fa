/** What the palette shows for a query, in which order. Pure. */
import { bestMatches, matchScore } from "@/components/match";
import type { Recent } from "./recent";

export type PaletteItem = {
  kind: Recent["kind"];
  id: string;
  label: string;
  /** Said behind the name. */
  detail?: string;
  /** Further words by which it is found. */
  words?: string;
};

export type Group<T> = { name: "recent" | "task" | "work" | "command"; items: T[] };

const MOST_RECENT = 4;
const MOST_OF_A_KIND = 5;
const MOST_COMMANDS = 12;

const isSame = (left: Recent, right: Recent) => left.kind === right.kind && left.id === right.id;

type Sources<T> = { tasks: T[]; work: T[]; commands: T[]; recent: Recent[] };

/**
 * Recent things stand first, then the kind whose best item fits best. `work` was found by the
 * server, in titles and perhaps in texts, so it is not sifted again.
 */
export function arrange<T extends PaletteItem>(query: string, sources: Sources<T>): Group<T>[] {
  const { tasks, work, commands } = sources;
  const all = [...tasks, ...work, ...commands];
  const known = sources.recent.flatMap((recent) => all.find((item) => isSame(item, recent)) ?? []);
  const texts = (item: T): [string, string] => [item.label, `${item.words ?? ""} ${item.detail ?? ""}`];
  const recent = bestMatches(query, known, texts).slice(0, MOST_RECENT);
  const rest = (items: T[]) => items.filter((item) => !recent.some((each) => isSame(each, item)));
  const groups: Group<T>[] = [
    { name: "task", items: bestMatches(query, rest(tasks), texts).slice(0, MOST_OF_A_KIND) },
    { name: "work", items: rest(work).slice(0, MOST_OF_A_KIND) },
    { name: "command", items: bestMatches(query, rest(commands), texts).slice(0, MOST_COMMANDS) },
  ];
  const best = (group: Group<T>) => Math.max(0, ...group.items.map((item) => matchScore(query, ...texts(item))));
  const sorted = query.trim() === "" ? groups : groups.toSorted((left, right) => best(right) - best(left));
  const first: Group<T> = { name: "recent", items: recent };
  return [first, ...sorted].filter((group) => group.items.length > 0);
}
