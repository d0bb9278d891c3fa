/** Where a search was successful, made ready to be shown. */
import type { ExecutionPage, Highlight } from "@/api/types";

export type Part = { text: string; isFound: boolean };

/** A line in parts. Ranges count characters (code points), as the wire does, not UTF-16 units. */
export function splitMarks({ text, ranges }: Pick<Highlight, "text" | "ranges">): Part[] {
  const chars = Array.from(text);
  const parts: Part[] = [];
  let last = 0;
  const add = (start: number, end: number, isFound: boolean) => {
    if (end > start) parts.push({ text: chars.slice(start, end).join(""), isFound });
  };
  for (const { start, end } of ranges) {
    add(last, start, false);
    add(Math.max(start, last), end, true);
    last = Math.max(end, last);
  }
  add(last, chars.length, false);
  return parts;
}

/** The places of all pages, by execution. */
export function collectHighlights(pages: ExecutionPage[]): Map<string, Highlight[]> {
  return new Map(pages.flatMap((page) => Object.entries(page.highlights)));
}

const LINES: ReadonlyArray<Highlight["field"]> = ["text", "input", "summary"];

/** The place that stands under the title: the text itself says more than what was given for it. */
export function pickLine(places: Highlight[]): Highlight | undefined {
  return LINES.map((field) => places.find((place) => place.field === field)).find(
    (place) => place !== undefined,
  );
}
