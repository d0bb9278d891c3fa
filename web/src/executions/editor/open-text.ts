/**
 * A text opened in the editor. Each block knows how it was written, so that what nobody touched
 * is saved byte for byte as it was, and only changed blocks are written anew.
 */
import { Fragment, type Node as Block, ReplaceError, type Schema } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";
import type { DocNode } from "./doc";
import { type ReadBlock, readMarkdown } from "./read-markdown";
import { writeBlock } from "./write-markdown";

type Origin = { raw: string; gap: string; index: number };

type Written = { block: Block; origin: Origin | undefined; text: string };

const follows = (before: Origin | undefined, origin: Origin | undefined) =>
  before !== undefined && origin?.index === before.index + 1;

const LISTS = new Set(["bulletList", "orderedList", "taskList"]);
const GAP = "\n\n";

export class OpenText {
  private lead = "";
  private nBlocks = 0;
  /** Blocks never change: an edit makes new ones. So the block itself is the key. */
  private origins = new WeakMap<Block, Origin>();
  private readonly written = new WeakMap<Block, string>();
  private readonly schema: Schema;

  constructor(schema: Schema) {
    this.schema = schema;
  }

  /** The document of a text. */
  open(text: string): Block {
    const { lead, blocks } = readMarkdown(text);
    const doc = this.build(blocks);
    this.remember(doc, lead, blocks);
    return doc;
  }

  /** The editor has made its own document of a text: its blocks are that text's. */
  adopt(doc: Block, text: string): void {
    const { lead, blocks } = readMarkdown(text);
    this.remember(doc, lead, blocks);
  }

  /** What is copied, as markdown; null when it is less than a block. */
  writeSlice(content: Fragment): string | null {
    const doc = this.schema.topNodeType.createChecked(null, this.schema.nodes.paragraph?.create());
    return doc.type.validContent(content) ? this.write(doc.copy(content)) : null;
  }

  /** Markdown that is pasted. */
  parse(text: string): Block {
    return this.build(readMarkdown(text).blocks);
  }

  /**
   * The change that makes the open document another text, touching only blocks that differ: the
   * cursor stays in its words unless these went.
   */
  replace(state: EditorState, text: string): Transaction {
    const { lead, blocks } = readMarkdown(text);
    const next = this.build(blocks);
    const narrow = changeWords(state, next);
    const change = narrow !== null && narrow.doc.eq(next) ? narrow : changeBlocks(state, next);
    this.origins = new WeakMap();
    this.remember(change.doc, lead, blocks);
    return change;
  }

  /** The document as markdown. */
  write(doc: Block): string {
    const parts: Written[] = [];
    for (const block of childrenOf(doc)) {
      const part = this.writeOne(block, parts.at(-1));
      if (part.text !== "") parts.push(part);
    }
    let text = parts[0]?.origin?.index === 0 ? this.lead : "";
    for (const [at, part] of parts.entries()) {
      text += part.text + this.gapAfter(part, parts[at + 1]);
    }
    return text;
  }

  private gapAfter({ origin }: Written, next: Written | undefined): string {
    if (next === undefined) return origin?.index === this.nBlocks - 1 ? origin.gap : "";
    return origin !== undefined && follows(origin, next.origin) ? origin.gap : GAP;
  }

  private writeOne(block: Block, before: Written | undefined): Written {
    const origin = this.origins.get(block);
    const isInPlace = origin !== undefined && before !== undefined && follows(before.origin, origin);
    if (origin !== undefined && (isInPlace || canStandAnywhere(block, origin, before?.block))) {
      return { block, origin, text: origin.raw };
    }
    if (before !== undefined && isList(before.block) && isList(block)) {
      return { block, origin: undefined, text: writeBlock(block.toJSON() as DocNode, before.text) };
    }
    const text = this.written.get(block) ?? writeBlock(block.toJSON() as DocNode);
    this.written.set(block, text);
    return { block, origin: undefined, text };
  }

  private build(blocks: ReadBlock[]): Block {
    const nodes = blocks.map(({ node }) => this.schema.nodeFromJSON(node));
    const content = nodes.length === 0 ? [this.schema.nodes.paragraph?.create()] : nodes;
    return this.schema.topNodeType.create(null, content as Block[]);
  }

  private remember(doc: Block, lead: string, blocks: ReadBlock[]): void {
    this.lead = lead;
    this.nBlocks = blocks.length;
    for (const [index, { raw, gap }] of blocks.entries()) {
      if (index < doc.childCount) this.origins.set(doc.child(index), { raw, gap, index });
    }
  }
}

const isList = (block: Block) => LISTS.has(block.type.name);

/** Whether a block reads the same behind another one than it was written behind. */
function canStandAnywhere(block: Block, origin: Origin, before: Block | undefined): boolean {
  if (before === undefined) return true;
  const isIndented = /^(?: {4}|\t)/.test(origin.raw);
  return !isIndented && !(isList(block) && isList(before));
}

export function childrenOf(doc: Block): Block[] {
  return Array.from({ length: doc.childCount }, (_, index) => doc.child(index));
}

function offsetOf(doc: Block, index: number): number {
  let offset = 0;
  for (let at = 0; at < index; at += 1) offset += doc.child(at).nodeSize;
  return offset;
}

/** Only what differs, be it within a block: a cursor beside it stays. Null when it does not fit. */
function changeWords(state: EditorState, next: Block): Transaction | null {
  const start = state.doc.content.findDiffStart(next.content);
  const ends = state.doc.content.findDiffEnd(next.content);
  if (start === null || ends === null) return state.tr;
  // Where letters repeat, both searches may claim the same ones.
  const overlap = Math.max(0, start - Math.min(ends.a, ends.b));
  try {
    return state.tr.replace(start, ends.a + overlap, next.slice(start, ends.b + overlap));
  } catch (error) {
    if (error instanceof ReplaceError) return null;
    throw error;
  }
}

function changeBlocks(state: EditorState, next: Block): Transaction {
  const { start, end, nextStart, nextEnd } = differing(state.doc, next);
  const middle = childrenOf(next).slice(nextStart, nextEnd);
  const from = offsetOf(state.doc, start);
  return state.tr.replaceWith(from, offsetOf(state.doc, end), Fragment.from(middle));
}

/** The blocks of both that differ, between equal ones before and after. */
function differing(one: Block, other: Block) {
  let start = 0;
  const shortest = Math.min(one.childCount, other.childCount);
  while (start < shortest && one.child(start).eq(other.child(start))) start += 1;
  let end = one.childCount;
  let nextEnd = other.childCount;
  while (end > start && nextEnd > start && one.child(end - 1).eq(other.child(nextEnd - 1))) {
    end -= 1;
    nextEnd -= 1;
  }
  return { start, end, nextStart: start, nextEnd };
}
