/** What changed between two sequences: words of a line, lines or blocks of a text. */

export type Change<T> = { kind: "same" | "removed" | "added"; items: T[] };

/** More differences than this in one place read as a rewrite, and are shown as one. */
const MOST_DIFFERENCES = 800;

/** The shortest way from one sequence to the other (Myers), as runs. */
export function diffSequences<T>(before: readonly T[], after: readonly T[]): Change<T>[] {
  let start = 0;
  const shortest = Math.min(before.length, after.length);
  while (start < shortest && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const changes: Change<T>[] = [];
  push(changes, "same", before.slice(0, start));
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  for (const change of diffMiddle(old, fresh)) push(changes, change.kind, change.items);
  push(changes, "same", before.slice(before.length - end));
  return changes;
}

function push<T>(changes: Change<T>[], kind: Change<T>["kind"], items: readonly T[]): void {
  if (items.length === 0) return;
  const last = changes.at(-1);
  if (last?.kind === kind) last.items.push(...items);
  else changes.push({ kind, items: [...items] });
}

function diffMiddle<T>(old: readonly T[], fresh: readonly T[]): Change<T>[] {
  const trace = old.length > 0 && fresh.length > 0 ? search(old, fresh) : null;
  if (trace !== null) return walkBack(old, fresh, trace);
  const changes: Change<T>[] = [];
  push(changes, "removed", old);
  push(changes, "added", fresh);
  return changes;
}

/** The furthest points reached with each number of differences; null when there are too many. */
function search<T>(old: readonly T[], fresh: readonly T[]): Map<number, number>[] | null {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  const most = Math.min(old.length + fresh.length, MOST_DIFFERENCES);
  for (let differences = 0; differences <= most; differences += 1) {
    trace.push(new Map(furthest));
    for (let diagonal = -differences; diagonal <= differences; diagonal += 2) {
      let x = isDown(furthest, diagonal, differences)
        ? (furthest.get(diagonal + 1) ?? 0)
        : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < old.length && x - diagonal < fresh.length && old[x] === fresh[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      if (x >= old.length && x - diagonal >= fresh.length) return trace;
    }
  }
  return null;
}

function isDown(furthest: Map<number, number>, diagonal: number, differences: number): boolean {
  if (diagonal === -differences) return true;
  if (diagonal === differences) return false;
  return (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

type Step<T> = { kind: Change<T>["kind"]; item: T };

/** From the end to the beginning, by the point from which each was reached. */
function walkBack<T>(
  old: readonly T[],
  fresh: readonly T[],
  trace: Map<number, number>[],
): Change<T>[] {
  const steps: Step<T>[] = [];
  let x = old.length;
  let y = fresh.length;
  for (let differences = trace.length - 1; differences >= 0; differences -= 1) {
    const [fromX, fromY] = origin(trace[differences] ?? new Map(), x - y, differences);
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0)) {
      x -= 1;
      y -= 1;
      steps.push({ kind: "same", item: old[x] as T });
    }
    if (y > fromY) steps.push({ kind: "added", item: fresh[fromY] as T });
    else if (x > fromX) steps.push({ kind: "removed", item: old[fromX] as T });
    x = fromX;
    y = fromY;
  }
  const changes: Change<T>[] = [];
  for (const { kind, item } of steps.toReversed()) push(changes, kind, [item]);
  return inOrder(changes);
}

/** Where the last difference before a point on a diagonal was made. */
function origin(furthest: Map<number, number>, diagonal: number, differences: number) {
  if (differences === 0) return [0, 0] as const;
  const from = isDown(furthest, diagonal, differences) ? diagonal + 1 : diagonal - 1;
  const x = furthest.get(from) ?? 0;
  return [x, x - from] as const;
}

/** Where both happen at one place, what went comes before what came. */
function inOrder<T>(changes: Change<T>[]): Change<T>[] {
  const ordered: Change<T>[] = [];
  let at = 0;
  while (at < changes.length) {
    const removed: T[] = [];
    const added: T[] = [];
    for (let each = changes[at]; each !== undefined && each.kind !== "same"; each = changes[at]) {
      (each.kind === "removed" ? removed : added).push(...each.items);
      at += 1;
    }
    push(ordered, "removed", removed);
    push(ordered, "added", added);
    const same = changes[at];
    if (same !== undefined) push(ordered, "same", same.items);
    at += 1;
  }
  return ordered;
}

/** Words, and the white space and signs between them. */
export function splitWords(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

export const diffWords = (before: string, after: string) =>
  diffSequences(splitWords(before), splitWords(after)).map(({ kind, items }) => ({
    kind,
    text: items.join(""),
  }));
