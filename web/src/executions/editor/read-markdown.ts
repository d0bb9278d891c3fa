/** Markdown to the editor's document, block by block, with the reader's own lexer. */
import { lexer, type Token, type Tokens } from "marked";
import { decodeEntities } from "@/components/markdown-text";
import { type DocMark, type DocNode, isSameNode, sourceNode } from "./doc";
import { writeBlock } from "./write-markdown";

/** One block of the text: what it is in the editor, and how it was written. */
export type ReadBlock = { node: DocNode; raw: string; gap: string };

/** What the editor has no shape for; the block is then kept as it was written. */
class CannotHold extends Error {}

/** The blocks of a text, and the white space before the first. */
export function readMarkdown(text: string): { lead: string; blocks: ReadBlock[] } {
  const blocks: ReadBlock[] = [];
  let lead = "";
  for (const token of lexer(text)) {
    const last = blocks.at(-1);
    if (token.type === "space") {
      if (last === undefined) lead += token.raw;
      else last.gap += token.raw;
      continue;
    }
    const raw = token.raw.trimEnd();
    blocks.push({ node: readSafely(token, raw), raw, gap: token.raw.slice(raw.length) });
  }
  return { lead, blocks };
}

/** The editor's document of a text. */
export function readDocument(text: string): DocNode {
  const content = readMarkdown(text).blocks.map((block) => block.node);
  return { type: "doc", content: content.length === 0 ? [{ type: "paragraph" }] : content };
}

/** The block in its own shape if it comes back the same when written; else as its source. */
function readSafely(token: Token, raw: string): DocNode {
  try {
    const node = readBlock(token);
    return isStable(node) ? node : sourceNode(raw);
  } catch (error) {
    if (error instanceof CannotHold) return sourceNode(raw);
    throw error;
  }
}

/** Whether a block says the same after it was written and read again. */
export function isStable(node: DocNode): boolean {
  const again = lexer(writeBlock(node)).filter((token) => token.type !== "space");
  const [only] = again;
  if (only === undefined || again.length !== 1) return false;
  try {
    return isSameNode(readBlock(only), node);
  } catch (error) {
    if (error instanceof CannotHold) return false;
    throw error;
  }
}

function readBlocks(tokens: readonly Token[]): DocNode[] {
  return tokens
    .filter((token) => token.type !== "space" && token.type !== "checkbox")
    .flatMap((token) => (token.type === "list" ? readList(token as Tokens.List) : readBlock(token)));
}

const BLOCKS: Record<string, (token: Token) => DocNode> = {
  paragraph: readParagraph,
  text: readParagraph,
  heading: (token) => {
    const { depth, tokens } = token as Tokens.Heading;
    return { type: "heading", attrs: { level: depth }, ...inside(readInlines(tokens)) };
  },
  list: (token) => {
    const [only, ...others] = readList(token as Tokens.List);
    if (only === undefined || others.length > 0) throw new CannotHold();
    return only;
  },
  blockquote: (token) => ({
    type: "blockquote",
    content: withBlock(readBlocks((token as Tokens.Blockquote).tokens)),
  }),
  code: (token) => {
    const { text, lang } = token as Tokens.Code;
    const words: DocNode[] = text === "" ? [] : [{ type: "text", text }];
    return { type: "codeBlock", attrs: { language: lang ? lang : null }, ...inside(words) };
  },
  table: (token) => readTable(token as Tokens.Table),
  hr: () => ({ type: "horizontalRule" }),
};

function readBlock(token: Token): DocNode {
  const read = BLOCKS[token.type];
  if (read === undefined) throw new CannotHold();
  return read(token);
}

function readParagraph(token: Token): DocNode {
  return { type: "paragraph", ...inside(readInlines((token as Tokens.Paragraph).tokens ?? [token])) };
}

/** A list of plain items, or of items to check; a list of both becomes several. */
function readList(list: Tokens.List): DocNode[] {
  const runs: { isTask: boolean; items: Tokens.ListItem[] }[] = [];
  for (const item of list.items) {
    const last = runs.at(-1);
    if (last !== undefined && last.isTask === item.task) last.items.push(item);
    else runs.push({ isTask: item.task, items: [item] });
  }
  if (list.ordered && runs.some((run) => run.isTask)) throw new CannotHold();
  const start = list.start === "" ? 1 : list.start;
  return runs.map(({ isTask, items }) => {
    const node: DocNode = { type: listType(isTask, list.ordered), content: items.map(readItem) };
    if (list.ordered) node.attrs = { start };
    return node;
  });
}

function listType(isTask: boolean, isOrdered: boolean): string {
  if (isTask) return "taskList";
  return isOrdered ? "orderedList" : "bulletList";
}

function readItem(item: Tokens.ListItem): DocNode {
  return {
    type: item.task ? "taskItem" : "listItem",
    ...(item.task ? { attrs: { checked: item.checked === true } } : {}),
    content: withBlock(readBlocks(item.tokens)),
  };
}

const withBlock = (nodes: DocNode[]): DocNode[] =>
  nodes.length === 0 ? [{ type: "paragraph" }] : nodes;

function readTable(table: Tokens.Table): DocNode {
  const rows = table.rows.map((cells) => readRow(cells, "tableCell"));
  return { type: "table", content: [readRow(table.header, "tableHeader"), ...rows] };
}

function readRow(cells: Tokens.TableCell[], type: string): DocNode {
  const content = cells.map((cell) => ({
    type,
    attrs: { align: cell.align },
    content: [{ type: "paragraph", ...inside(readInlines(cell.tokens)) }],
  }));
  return { type: "tableRow", content };
}

const inside = (content: DocNode[]) => (content.length === 0 ? {} : { content });

function readInlines(tokens: readonly Token[] | undefined): DocNode[] {
  const nodes: DocNode[] = [];
  for (const token of tokens ?? []) readInline(token, [], nodes);
  const [first] = nodes;
  const last = nodes.at(-1);
  if (first?.text !== undefined && first.marks === undefined) first.text = first.text.trimStart();
  if (last?.text !== undefined && last.marks === undefined) last.text = last.text.trimEnd();
  return nodes.filter((node) => node.text !== "");
}

type ReadInline = (token: Token, marks: DocMark[], into: DocNode[]) => void;

const marked = (type: string): ReadInline => (token, marks, into) => {
  for (const child of (token as Tokens.Strong).tokens) readInline(child, [...marks, { type }], into);
};

const INLINES: Record<string, ReadInline> = {
  strong: marked("bold"),
  em: marked("italic"),
  del: marked("strike"),
  link: readLink,
  codespan: (token, marks, into) =>
    addText(into, (token as Tokens.Codespan).text, [...marks, { type: "code" }]),
  br: readBreak,
  checkbox: () => undefined,
  escape: (token, marks, into) => addText(into, (token as Tokens.Escape).text, marks),
  text: readText,
};

const LINE_BREAK = /^<br\s*\/?>$/i;

function readInline(token: Token, marks: DocMark[], into: DocNode[]): void {
  if (token.type === "html" && LINE_BREAK.test(token.raw.trim())) readBreak(token, marks, into);
  else if (token.type in INLINES) INLINES[token.type]?.(token, marks, into);
  else addText(into, token.raw, [...marks, { type: "verbatim" }]);
}

function readBreak(_: Token, marks: DocMark[], into: DocNode[]): void {
  into.push(marks.length > 0 ? { type: "hardBreak", marks } : { type: "hardBreak" });
}

function readText(token: Token, marks: DocMark[], into: DocNode[]): void {
  const { text, tokens } = token as Tokens.Text;
  if (tokens !== undefined) {
    for (const child of tokens) readInline(child, marks, into);
    return;
  }
  // A line's end inside a paragraph is a space to the reader.
  addText(into, decodeEntities(text).replaceAll(/[ \t]*\n[ \t]*/g, " "), marks);
}

function readLink(token: Token, marks: DocMark[], into: DocNode[]): void {
  const link = token as Tokens.Link;
  const attrs = { href: link.href, title: link.title ?? null };
  const inner: DocMark[] = [...marks, { type: "link", attrs }];
  for (const child of link.tokens) readInline(child, inner, into);
}

function addText(into: DocNode[], text: string, marks: DocMark[]): void {
  if (text === "") return;
  const last = into.at(-1);
  const node: DocNode = { type: "text", text, ...(marks.length > 0 ? { marks } : {}) };
  if (last?.text !== undefined && isSameNode({ ...last, text: "" }, { ...node, text: "" })) {
    last.text += text;
  } else {
    into.push(node);
  }
}
