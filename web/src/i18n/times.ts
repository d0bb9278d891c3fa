/** Times in words. `language` is an interface language code, times are ISO texts or dates. */

const STEPS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

const DAY_MS = 86_400_000;
const dayOf = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());

/** Days between two moments as the reader's calendar counts them, however long each day was. */
export function daysBetween(at: Date, now: Date): number {
  return Math.round((dayOf(now) - dayOf(at)) / DAY_MS);
}

/** "3 hours ago", "yesterday"; under a minute, "now". */
export function relativeTime(at: string, now: Date, language: string): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) < length) continue;
    // Late in the night, 27 hours ago is not yesterday.
    const count = unit === "day" ? -daysBetween(new Date(at), now) : Math.trunc(seconds / length);
    return format.format(count, unit);
  }
  return format.format(0, "second");
}

/** The exact moment, in the reader's own zone. */
export function exactTime(at: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }).format(
    new Date(at),
  );
}
