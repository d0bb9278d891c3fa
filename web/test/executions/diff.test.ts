import { describe, expect, it } from "vitest";
import { diffSequences, diffWords } from "@/executions/diff";
import { diffTexts } from "@/executions/diff-text";
import { mergeTexts, mergeTitles } from "@/executions/merge";
import { makeRandom } from "./editor/random-doc";

const sides = (changes: { kind: string; items: string[] }[]) => [
  changes.filter((each) => each.kind !== "added").flatMap((each) => each.items),
  changes.filter((each) => each.kind !== "removed").flatMap((each) => each.items),
];

describe("the difference of two sequences", () => {
  it("leads from one to the other, whatever they are", () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const random = makeRandom(seed);
      const make = () => Array.from({ length: random.below(14) }, () => random.pick(["a", "b", "c", "d"]));
      const [before, after] = [make(), make()];
      expect(sides(diffSequences(before, after))).toEqual([before, after]);
    }
  });

  it("is the shortest", () => {
    const changed = diffSequences([..."abcabba"], [..."cbabac"]).filter((each) => each.kind !== "same");
    expect(changed.flatMap((each) => each.items)).toHaveLength(5);
  });

  it("of a rewrite is all of the old, then all of the new", () => {
    const before = Array.from({ length: 1500 }, (_, index) => `a${index}`);
    const after = Array.from({ length: 1500 }, (_, index) => `b${index}`);
    expect(diffSequences(before, after)).toEqual([
      { kind: "removed", items: before }, { kind: "added", items: after },
    ]);
  });

  it("of words keeps words whole", () => {
    expect(diffWords("delivered by March", "delivered before March")).toEqual([
      { kind: "same", text: "delivered " },
      { kind: "removed", text: "by" },
      { kind: "added", text: "before" },
      { kind: "same", text: " March" },
    ]);
  });
});

describe("the difference of two texts", () => {
  it("is told line by line, with the words that changed", () => {
    const before = "## Agreed\n\n- Delivery by March\n- Price stays\n\nThanks.";
    const after = "## Agreed\n\n- Delivery before March\n- Price stays\n- [x]\n\nThanks.\n\n| A | B |\n| - | - |\n| 1 | 2 |";
    const lines = diffTexts(before, after);
    expect(lines.map((line) => [line.kind, line.look, line.marker])).toEqual([
      ["same", "heading", ""],
      ["changed", "item", "•"],
      ["same", "item", "•"],
      ["added", "item", "•"],
      ["same", "paragraph", ""],
      ["added", "row", ""],
      ["added", "row", ""],
    ]);
    expect(lines[1]?.parts.filter((part) => part.kind !== "same")).toEqual([
      { kind: "removed", text: "by" }, { kind: "added", text: "before" },
    ]);
  });

  it("does not see how the markdown was written, only what it says", () => {
    expect(diffTexts("* a\n* *b*", "- a\n- _b_\n").every((line) => line.kind === "same")).toBe(true);
  });

  it("tells lines that share nothing as two", () => {
    expect(diffTexts("Good morning to everyone", "12 apples").map((line) => line.kind)).toEqual(["removed", "added"]);
  });
});

describe("two edits of one text", () => {
  const base = "# T\n\none\n\ntwo\n\nthree";

  it.each([
    ["only mine", "# T\n\nONE\n\ntwo\n\nthree", base, "# T\n\nONE\n\ntwo\n\nthree"],
    ["only theirs", base, "# T\n\none\n\ntwo", "# T\n\none\n\ntwo"],
    ["the same", "# T\n\nx", "# T\n\nx", "# T\n\nx"],
    ["different places", "# T\n\nONE\n\ntwo\n\nthree", "# T\n\none\n\ntwo\n\nTHREE\n\nfour", "# T\n\nONE\n\ntwo\n\nTHREE\n\nfour"],
    ["one deletes, one adds", "# T\n\ntwo\n\nthree", "# T\n\none\n\ntwo\n\nthree\n\nend", "# T\n\ntwo\n\nthree\n\nend"],
    ["neighbours", "# T\n\nONE\n\ntwo\n\nthree", "# T\n\none\n\nTWO\n\nthree", "# T\n\nONE\n\nTWO\n\nthree"],
  ])("%s are brought together", (_, mine, theirs, merged) => {
    expect(mergeTexts(base, mine, theirs)).toBe(merged);
  });

  it.each([
    ["change one place", "# T\n\nMINE\n\ntwo\n\nthree", "# T\n\nTHEIRS\n\ntwo\n\nthree"],
    ["add at one place", `${base}\n\nmine`, `${base}\n\ntheirs`],
    ["one deletes what the other changed", "# T\n\ntwo\n\nthree", "# T\n\nONE\n\ntwo\n\nthree"],
  ])("that %s are for the person to choose", (_, mine, theirs) => {
    expect(mergeTexts(base, mine, theirs)).toBeNull();
  });

  it("have one title", () => {
    expect([
      mergeTitles("a", "b", "a"), mergeTitles("a", "a", "c"), mergeTitles("a", "b", "b"), mergeTitles("a", "b", "c"),
    ]).toEqual(["b", "c", "b", null]);
  });
});
