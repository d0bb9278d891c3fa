/** The editor's document to markdown, through mdast, whose writer knows what must be escaped. */
import type * as Mdast from "mdast";
import { gfmStrikethroughToMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmTableToMarkdown } from "mdast-util-gfm-table";
import { gfmTaskListItemToMarkdown } from "mdast-util-gfm-task-list-item";
import { type Options, toMarkdown, type Unsafe } from "mdast-util-to-markdown";
import { type DocMark, type DocNode, textOf } from "./doc";

const OUTSIDE_LINKS = {
  inConstruct: "phrasing",
  notInConstruct: ["autolink", "link", "image", "label"],
} satisfies Partial<Unsafe>;

/** Words that the reader would make links of by themselves are kept words. */
const noAutolinks: Options = {
  unsafe: [
    { character: "@", before: "[+\\-.\\w]", after: "[\\-.\\w]", ...OUTSIDE_LINKS },
    { character: ".", before: "[Ww]", after: "[\\-.\\w]", ...OUTSIDE_LINKS },
    { character: ":", before: "[psPS]", after: "\\/", ...OUTSIDE_LINKS },
  ],
};

const OPTIONS: Options = {
  bullet: "-",
  bulletOther: "*",
  emphasis: "_",
  strong: "*",
  rule: "-",
  fences: true,
  listItemIndent: "one",
  incrementListMarker: true,
  // A list that begins with another number than 1 does not end a paragraph by itself.
  join: [
    (left, right) =>
      left.type === "paragraph" && right.type === "list" && right.ordered && right.start !== 1
        ? 1
        : undefined,
  ],
  extensions: [
    gfmTableToMarkdown({ tablePipeAlign: false }),
    gfmStrikethroughToMarkdown(),
    gfmTaskListItemToMarkdown(),
    noAutolinks,
  ],
};

/**
 * One block as markdown, without the line's end after it. After a list another one needs the
 * other bullet, or the two would be one.
 */
export function writeBlock(node: DocNode, before = ""): string {
  if (node.type === "source") return textOf(node);
  const isAfterDash = /^(?:[-] |\d+\. )/.test(before);
  const options = isAfterDash ? { ...OPTIONS, bullet: "*", bulletOther: "-", bulletOrdered: ")" } as const : OPTIONS;
  const children = buildBlock(node);
  if (children.length === 0) return "";
  return toMarkdown({ type: "root", children }, options).trimEnd();
}

function buildBlocks(nodes: DocNode[] | undefined): Mdast.BlockContent[] {
  return (nodes ?? []).flatMap(buildBlock);
}

const BLOCKS: Record<string, (node: DocNode) => Mdast.BlockContent[]> = {
  paragraph: (node) => {
    const children = buildInlines(node.content);
    return children.length === 0 ? [] : [{ type: "paragraph", children }];
  },
  heading: (node) => {
    const depth = Number(node.attrs?.level ?? 1) as Mdast.Heading["depth"];
    return [{ type: "heading", depth, children: buildInlines(node.content, { isOneLine: true }) }];
  },
  bulletList: (node) => [buildList(node)],
  orderedList: (node) => [buildList(node)],
  taskList: (node) => [buildList(node)],
  blockquote: (node) => [{ type: "blockquote", children: buildBlocks(node.content) }],
  codeBlock: (node) => {
    const lang = (node.attrs?.language as string | null | undefined) ?? null;
    return [{ type: "code", lang, value: textOf(node) }];
  },
  horizontalRule: () => [{ type: "thematicBreak" }],
  table: (node) => [buildTable(node)],
  source: (node) => [{ type: "html", value: textOf(node) }],
};

function buildBlock(node: DocNode): Mdast.BlockContent[] {
  const build = BLOCKS[node.type];
  if (build === undefined) throw new Error(`markdown has no ${node.type}`);
  return build(node);
}

function buildList(node: DocNode): Mdast.List {
  const start = node.type === "orderedList" ? Number(node.attrs?.start ?? 1) : null;
  return {
    type: "list",
    ordered: node.type === "orderedList",
    start,
    spread: false,
    children: (node.content ?? []).map((item) => ({
      type: "listItem",
      spread: (item.content ?? []).filter((block) => block.type === "paragraph").length > 1,
      checked: node.type === "taskList" ? item.attrs?.checked === true : null,
      children: buildItem(item, node.type === "taskList"),
    })),
  };
}

/** A box to check needs a paragraph to stand in. */
function buildItem(item: DocNode, isTask: boolean): Mdast.BlockContent[] {
  const children = buildBlocks(item.content);
  if (isTask && children[0]?.type !== "paragraph") {
    return [{ type: "paragraph", children: [] }, ...children];
  }
  return children;
}

function buildTable(node: DocNode): Mdast.Table {
  const rows = node.content ?? [];
  const align = (rows[0]?.content ?? []).map(
    (cell) => (cell.attrs?.align as Mdast.AlignType | undefined) ?? null,
  );
  return {
    type: "table",
    align,
    children: rows.map((row) => ({
      type: "tableRow",
      children: (row.content ?? []).map((cell) => ({
        type: "tableCell",
        children: buildInlines(cellContent(cell), { isOneLine: true }),
      })),
    })),
  };
}

/** A cell is one line: its paragraphs are parted by breaks. */
function cellContent(cell: DocNode): DocNode[] {
  const nodes: DocNode[] = [];
  for (const [index, block] of (cell.content ?? []).entries()) {
    if (index > 0) nodes.push({ type: "hardBreak" });
    nodes.push(...(block.content ?? []));
  }
  return nodes;
}

/** Marks from the outermost in: a link holds the rest, code holds nothing. */
const ORDER = ["link", "bold", "italic", "strike", "code", "verbatim"];

type Piece = { node: DocNode; marks: DocMark[] };

function buildInlines(nodes: DocNode[] | undefined, { isOneLine = false } = {}): Mdast.PhrasingContent[] {
  const pieces = (nodes ?? []).map((node) => ({
    node,
    marks: (node.marks ?? []).toSorted((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type)),
  }));
  return nest(pieces, isOneLine);
}

const isSameMark = (one: DocMark, other: DocMark | undefined) =>
  other !== undefined && one.type === other.type &&
  one.attrs?.href === other.attrs?.href && (one.attrs?.title ?? null) === (other.attrs?.title ?? null);

function nest(pieces: Piece[], isOneLine: boolean): Mdast.PhrasingContent[] {
  const built: Mdast.PhrasingContent[] = [];
  let at = 0;
  while (at < pieces.length) {
    const piece = pieces[at] as Piece;
    const outer = longestMark(pieces, at);
    if (outer === null) {
      built.push(leaf(piece, isOneLine));
      at += 1;
      continue;
    }
    const run: Piece[] = [];
    while (at < pieces.length) {
      const next = pieces[at] as Piece;
      const rest = next.marks.filter((mark) => !isSameMark(mark, outer));
      if (rest.length === next.marks.length) break;
      run.push({ node: next.node, marks: rest });
      at += 1;
    }
    const { before, inner, after } = outer.type === "link"
      ? { before: [], inner: run, after: [] }
      : splitEdges(run);
    built.push(...nest(before, isOneLine));
    if (inner.length > 0) built.push(wrap(outer, inner, isOneLine));
    built.push(...nest(after, isOneLine));
  }
  return built;
}

/** The mark that holds most of what follows, so that marks are opened and closed least. */
function longestMark(pieces: Piece[], from: number): DocMark | null {
  let best: DocMark | null = null;
  let longest = 0;
  for (const mark of pieces[from]?.marks ?? []) {
    if (mark.type === "code" || mark.type === "verbatim") continue;
    let length = 0;
    while (pieces[from + length]?.marks.some((each) => isSameMark(mark, each))) length += 1;
    if (mark.type === "link") return mark;
    if (length > longest) [best, longest] = [mark, length];
  }
  return best;
}

function wrap(mark: DocMark, run: Piece[], isOneLine: boolean): Mdast.PhrasingContent {
  const children = nest(run, isOneLine);
  switch (mark.type) {
    case "link":
      return {
        type: "link",
        url: String(mark.attrs?.href ?? ""),
        title: (mark.attrs?.title as string | null) ?? null,
        children: spellBrackets(children),
      };
    case "bold":
      return { type: "strong", children };
    case "italic":
      return { type: "emphasis", children };
    default:
      return { type: "delete", children };
  }
}

/** Brackets in the words of a link are spelt, or the reader would see another link in it. */
function spellBrackets(nodes: Mdast.PhrasingContent[]): Mdast.PhrasingContent[] {
  return nodes.flatMap((node): Mdast.PhrasingContent[] => {
    if ("children" in node) return [{ ...node, children: spellBrackets(node.children) } as typeof node];
    if (node.type !== "text") return [node];
    return node.value.split(/([[\]])/).filter((part) => part !== "").map((part) =>
      part === "[" || part === "]"
        ? { type: "html", value: `&#${part.charCodeAt(0)};` }
        : { type: "text", value: part },
    );
  });
}

function leaf({ node, marks }: Piece, isOneLine: boolean): Mdast.PhrasingContent {
  if (node.type === "hardBreak") {
    return isOneLine ? { type: "html", value: "<br>" } : { type: "break" };
  }
  const value = node.text ?? "";
  if (marks.some((mark) => mark.type === "verbatim")) return { type: "html", value };
  if (marks.some((mark) => mark.type === "code")) return { type: "inlineCode", value };
  return { type: "text", value };
}

/** What a mark cannot begin or end with in markdown: white space and breaks go outside of it. */
function splitEdges(run: Piece[]): { before: Piece[]; inner: Piece[]; after: Piece[] } {
  const before: Piece[] = [];
  const after: Piece[] = [];
  let inner = run;
  for (let first = inner[0]; first !== undefined; first = inner[0]) {
    const [edge, rest] = cut(first, /^\s*/u);
    if (edge !== null) before.push(edge);
    inner = rest === null ? inner.slice(1) : [rest, ...inner.slice(1)];
    if (rest !== null) break;
  }
  for (let last = inner.at(-1); last !== undefined; last = inner.at(-1)) {
    const [edge, rest] = cut(last, /\s*$/u);
    if (edge !== null) after.unshift(edge);
    inner = rest === null ? inner.slice(0, -1) : [...inner.slice(0, -1), rest];
    if (rest !== null) break;
  }
  return { before, inner, after };
}

/** A piece's white space at one edge, and the rest of it. */
function cut(piece: Piece, edge: RegExp): [Piece | null, Piece | null] {
  const { node, marks } = piece;
  if (node.type === "hardBreak") return [piece, null];
  const text = node.text ?? "";
  if (marks.some((mark) => mark.type === "code" || mark.type === "verbatim")) return [null, piece];
  const space = edge.exec(text)?.[0] ?? "";
  if (space === "") return [null, piece];
  const rest = text.replace(edge, "");
  return [
    { node: { type: "text", text: space }, marks },
    rest === "" ? null : { node: { type: "text", text: rest }, marks },
  ];
}
