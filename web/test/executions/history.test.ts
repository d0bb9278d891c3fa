import { describe, expect, it } from "vitest";
import { groupByAge } from "@/executions/groups";
import { collectHighlights, pickLine, splitMarks } from "@/executions/highlights";
import { toFilter, toSearch } from "@/executions/history-search";
import type { Highlight } from "@/api/types";
import { item } from "../builders";

const at = (when: string) => item({ id: when, created_at: new Date(when).toISOString() });

const place = (field: Highlight["field"]): Highlight => ({
  field, label: null, text: "x", ranges: [{ start: 0, end: 1 }],
});

function split(text: string, ...pairs: [number, number][]): string[] {
  const ranges = pairs.map(([start, end]) => ({ start, end }));
  return splitMarks({ text, ranges }).map((part) => (part.isFound ? `[${part.text}]` : part.text));
}

describe("days", () => {
  // In the reader's zone: without a Z.
  const now = new Date("2026-03-30T09:00:00");
  const named = (...whens: string[]) =>
    groupByAge(whens.map(at), now, "en").map((group) => [group.name ?? group.month, group.items.length]);

  it("are today, yesterday, the week before and months", () => {
    expect(
      named(
        "2026-03-30T08:59:00", "2026-03-30T00:00:01", "2026-03-29T23:59:59", "2026-03-28T12:00:00",
        "2026-03-24T00:00:00", "2026-03-23T23:00:00", "2026-02-28T10:00:00", "2025-02-28T10:00:00",
      ),
    ).toEqual([
      ["today", 2], ["yesterday", 1], ["week", 2], ["March 2026", 1], ["February 2026", 1],
      ["February 2025", 1],
    ]);
  });

  it("take a clock that is ahead for today", () => {
    expect(named("2026-03-31T09:00:00")).toEqual([["today", 1]]);
    expect(named()).toEqual([]);
  });

  it("speak the reader's language", () => {
    expect(groupByAge([at("2025-08-02T10:00:00")], now, "fr")[0]?.month).toBe("août 2025");
  });
});

describe("marks", () => {
  it("count characters, not halves of them", () => {
    expect(split("👍🏽 Été à Paris", [3, 6], [9, 14])).toEqual(["👍🏽 ", "[Été]", " à ", "[Paris]"]);
    expect(split("re\u0301union", [0, 8])).toEqual(["[re\u0301union]"]);
  });

  it("lose no word of the line", () => {
    expect(split("plain")).toEqual(["plain"]);
    expect(split("aa", [0, 1], [1, 2])).toEqual(["[a]", "[a]"]);
    expect(split("", [0, 0])).toEqual([]);
    // Whatever comes from elsewhere: nothing is shown twice.
    expect(split("abc", [0, 2], [1, 3])).toEqual(["[ab]", "[c]"]);
    expect(split("abc", [2, 9])).toEqual(["ab", "[c]"]);
  });
});

describe("places", () => {
  it("come from all pages", () => {
    const pages = ["1", "2"].map((id) => ({
      items: [item({ id })],
      next_cursor: null,
      highlights: { [id]: [place("text")] },
    }));
    expect([...collectHighlights(pages).keys()]).toEqual(["1", "2"]);
  });

  it("are shown from the text first, and never twice the title", () => {
    expect(pickLine([place("title"), place("summary"), place("input"), place("text")])?.field).toBe("text");
    expect(pickLine([place("title"), place("summary"), place("input")])?.field).toBe("input");
    expect(pickLine([place("title")])).toBeUndefined();
  });
});

describe("the address", () => {
  it("says what is shown, and nothing else", () => {
    const shown = { q: "plan", states: ["asking", "done"] as const, tasks: ["3", "7"] };
    expect(toSearch(shown)).toEqual({ q: "plan", state: "asking,done", task: "3,7" });
    expect(toFilter(toSearch(shown))).toEqual(shown);
    expect(toSearch({ q: "", states: [], tasks: [] })).toEqual({});
    expect(toFilter({})).toEqual({ q: "", states: [], tasks: [] });
  });

  it("is read with what was lost on its way", () => {
    expect(toFilter({ q: "2026", state: "done,nonsense,asking,done", task: "3,,3" })).toEqual({
      q: "2026", states: ["asking", "done"], tasks: ["3"],
    });
    const endless = Array.from({ length: 500 }, (_, index) => String(index)).join(",");
    expect(toFilter({ task: endless }).tasks).toHaveLength(50);
  });
});
