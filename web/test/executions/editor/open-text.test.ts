import { EditorState, TextSelection } from "@tiptap/pm/state";
import type { Node as Block } from "@tiptap/pm/model";
import { describe, expect, it } from "vitest";
import { childrenOf, OpenText } from "@/executions/editor/open-text";
import { buildSchema } from "@/executions/editor/schema";
import { writeBlock } from "@/executions/editor/write-markdown";
import { CORPUS } from "./corpus";
import { makeRandom, randomBlock } from "./random-doc";

const schema = buildSchema();
const ALL = Object.values(CORPUS).join("\n\n");

function typeInto(doc: Block, words: string, text: string): Block {
  const state = EditorState.create({ doc });
  let at = -1;
  doc.descendants((node, position) => {
    if (at < 0 && node.isText && node.text?.includes(words)) at = position + node.text.indexOf(words);
  });
  return state.apply(state.tr.insertText(text, at)).doc;
}

describe("a text that is opened and not touched", () => {
  it.each(Object.entries({ ...CORPUS, all: ALL }))("%s is saved byte for byte as it was", (_, text) => {
    const file = new OpenText(schema);
    const doc = file.open(text);
    doc.check();
    expect(file.write(doc)).toBe(text);
  });

  it("holds what was made at random", () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const random = makeRandom(seed + 1000);
      const text = Array.from({ length: 8 }, () => writeBlock(randomBlock(random))).join("\n\n");
      const file = new OpenText(schema);
      const doc = file.open(text);
      doc.check();
      expect(file.write(doc)).toBe(text);
    }
  });
});

describe("a change", () => {
  it("writes its own block anew and no other", () => {
    const text = "Setext\n======\n\n* star\n* list\n\n\nA *word* to change.\n1) one\n2) two\n\n<b>raw</b>\n";
    const file = new OpenText(schema);
    const doc = typeInto(file.open(text), "to change", "here ");
    expect(file.write(doc)).toBe(
      "Setext\n======\n\n* star\n* list\n\nA _word_ here to change.\n\n1) one\n2) two\n\n<b>raw</b>\n",
    );
  });

  it("in any block of the corpus is there after saving and opening again", () => {
    for (const text of Object.values(CORPUS)) {
      const file = new OpenText(schema);
      const doc = file.open(text);
      for (const [index, block] of childrenOf(doc).entries()) {
        if (!block.isTextblock || block.type.name === "source") continue;
        const state = EditorState.create({ doc });
        const start = childrenOf(doc).slice(0, index).reduce((sum, each) => sum + each.nodeSize, 0);
        const changed = state.apply(state.tr.insertText("Zebra ", start + 1)).doc;
        const again = new OpenText(schema).open(file.write(changed));
        expect(again.child(index).textContent).toBe(changed.child(index).textContent.trimEnd());
        expect(again.childCount).toBe(doc.childCount);
      }
    }
  });

  it("between two lists does not make one of them", () => {
    const file = new OpenText(schema);
    const doc = file.open("- a\n\nbetween\n\n- b\n\n    indented code\n");
    const without = doc.replace(3 + doc.child(0).nodeSize - 3, doc.child(0).nodeSize + doc.child(1).nodeSize, doc.slice(0, 0));
    const again = new OpenText(schema).open(file.write(without));
    expect(childrenOf(again).map((block) => block.type.name)).toEqual(childrenOf(without).map((block) => block.type.name));
  });
});

describe("a newer text", () => {
  it("takes the place of the open one where they differ, and leaves the cursor in its words", () => {
    const file = new OpenText(schema);
    const doc = file.open("First.\n\nSecond with the cursor.\n\nThird.");
    const at = doc.child(0).nodeSize + "Second with".length + 1;
    let state = EditorState.create({ doc });
    state = state.apply(state.tr.setSelection(TextSelection.create(doc, at)));
    const next = "Changed first.\n\nA new one.\n\nSecond with the cursor.\n\nThird.\n";
    state = state.apply(file.replace(state, next));
    expect(file.write(state.doc)).toBe(next);
    const { $from } = state.selection;
    expect($from.parent.textContent.slice(0, $from.parentOffset)).toBe("Second with");
  });

  it("leaves the cursor in a block of which other words changed", () => {
    const file = new OpenText(schema);
    const doc = file.open("First.\n\nSecond. Mine. There.\n\nThird.");
    const at = doc.child(0).nodeSize + "Second. Mine.".length + 1;
    let state = EditorState.create({ doc });
    state = state.apply(state.tr.setSelection(TextSelection.create(doc, at)));
    state = state.apply(file.replace(state, "First.\n\nSecond. Mine. Here, **bold**.\n\nThird."));
    const { $from } = state.selection;
    expect($from.parent.textContent.slice(0, $from.parentOffset)).toBe("Second. Mine.");
    expect(file.write(state.doc)).toBe("First.\n\nSecond. Mine. Here, **bold**.\n\nThird.");
  });

  it("is that text, whatever stood there before", () => {
    const texts = [
      "", "aa", "aaa", "aaaa\n\naa", "- a\n- b\n  - c\n", "1. a\n2. b\n", "- [ ] a\n- [x] b\n", "> a\n>\n> - b\n",
      "| A | B |\n|---|---|\n| 1 | 2 |\n", "| A |\n|---|\n| 1 |\n| 2 |\n", "```js\na\n```\n", "# a\n\na **a** a\n",
    ];
    for (const before of texts) {
      for (const after of texts) {
        const file = new OpenText(schema);
        const state = EditorState.create({ doc: file.open(before) });
        const change = file.replace(state, after);
        expect(change.doc.eq(file.parse(after))).toBe(true);
        expect(file.write(change.doc)).toBe(after);
      }
    }
  });

  it("that is the same changes nothing but what is remembered", () => {
    const file = new OpenText(schema);
    const state = EditorState.create({ doc: file.open("* one\n* two") });
    const change = file.replace(state, "- one\n- two\n");
    expect(change.docChanged).toBe(false);
    expect(file.write(change.doc)).toBe("- one\n- two\n");
  });
});
