import { describe, expect, it } from "vitest";
import { type DocNode, isSameNode } from "@/executions/editor/doc";
import { isStable, readDocument, readMarkdown } from "@/executions/editor/read-markdown";
import { writeBlock } from "@/executions/editor/write-markdown";
import { CORPUS } from "./corpus";
import { makeRandom, randomBlock } from "./random-doc";

/** Every block written anew, as if all of them had been changed. */
function rewrite(text: string): string {
  const written: string[] = [];
  for (const { node } of readMarkdown(text).blocks) written.push(writeBlock(node, written.at(-1)));
  return written.join("\n\n");
}

describe("a text that was read and written anew", () => {
  it.each(Object.entries(CORPUS))("%s says the same", (_, text) => {
    const before = readDocument(text);
    const again = rewrite(text);
    expect(JSON.stringify(readDocument(again), null, 1)).toBe(JSON.stringify(before, null, 1));
    expect(rewrite(again)).toBe(again);
  });
});

describe("what the editor has no shape for", () => {
  it.each([
    ["html", "<div class=\"x\">\n*raw*\n</div>"],
    ["references", "[p]: https://example.org \"Page\""],
    ["boxes with numbers", "1. [ ] one\n2. [x] two"],
    ["lists of both kinds", "- a\n- [ ] b"],
  ])("%s is kept as it was written", (_, text) => {
    expect(readDocument(text).content).toEqual([
      { type: "source", content: [{ type: "text", text }] },
    ]);
    expect(rewrite(text)).toBe(text);
  });

  it("keeps most things in their own shape", () => {
    const sources = Object.entries(CORPUS).flatMap(([name, text]) =>
      (readDocument(text).content ?? []).filter((node) => node.type === "source").map(() => name),
    );
    expect(sources).toEqual(["mixed", "references", "html"]);
  });

  it("shows raw HTML in a line as words", () => {
    const [block] = readDocument("a <b>x</b>").content ?? [];
    expect(block?.content?.map((node) => [node.text, node.marks?.[0]?.type])).toEqual([
      ["a ", undefined], ["<b>", "verbatim"], ["x", undefined], ["</b>", "verbatim"],
    ]);
  });
});

describe("documents made at random", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))("come back the same (seed %i)", (seed) => {
    const random = makeRandom(seed);
    const blocks: DocNode[] = Array.from({ length: 12 }, () => randomBlock(random));
    for (const block of blocks) {
      const text = writeBlock(block);
      expect(isStable(block), text).toBe(true);
    }
    const written: string[] = [];
    for (const block of blocks) written.push(writeBlock(block, written.at(-1)));
    const again = readMarkdown(written.join("\n\n")).blocks.map((block) => block.node);
    expect(again.map((node) => node.type)).toEqual(blocks.map((node) => node.type));
    expect(again.every((node, index) => isSameNode(node, blocks[index] as DocNode))).toBe(true);
  });
});
