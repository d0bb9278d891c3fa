/** Documents as the editor can make them, from a seed. */
import type { DocMark, DocNode } from "@/executions/editor/doc";

export type Random = { next: () => number; below: (n: number) => number; pick: <T>(from: readonly T[]) => T };

/** Mulberry32: small, and the same everywhere. */
export function makeRandom(seed: number): Random {
  let state = seed * 7919 + 1;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { next, below, pick: (from) => from[below(from.length)] as (typeof from)[number] };
}

const WORDS = [
  "word", "two words", "snake_case", "2 * 3", "a*b", "C#", "# tag", "- dash", "+ plus", "1. one",
  "2) two", "> quote", "| pipe |", "a | b", "`tick`", "``", "[x]", "[a](b)", "![i](u)", "<b>", "a < b",
  "&amp;", "AT&T", "~tilde~", "~~", "---", "===", "\\", "\\*", "https://example.org/a_b", "www.example.org",
  "me@example.org", "été", "«guillemets»", "\"quoted\"", "(in brackets)", "!", "…", "😀", "**", "__", "_",
  "end.", ":", "a:b", "$5", "{x}", "100%", "it's", "```", "    indented", "end  ", "\u00a0",
];

const MARKS: DocMark[] = [
  { type: "bold" }, { type: "italic" }, { type: "strike" }, { type: "code" },
  { type: "link", attrs: { href: "https://example.org/x?y=1&z=(2)", title: null } },
  { type: "link", attrs: { href: "mailto:a@example.org", title: "Mail \"me\"" } },
];

function randomMarks(random: Random): DocMark[] {
  if (random.next() < 0.55) return [];
  const first = random.pick(MARKS);
  if (first.type === "code" || random.next() < 0.6) return [first];
  const second = random.pick(MARKS);
  return second.type === first.type || second.type === "code" ? [first] : [first, second];
}

/** A line of words without white space at its edges or inside its marks' edges. */
export function randomLine(random: Random, { isOneLine = false } = {}): DocNode[] {
  const nodes: DocNode[] = [];
  const count = 1 + random.below(4);
  for (let index = 0; index < count; index += 1) {
    const marks = randomMarks(random);
    const text = random.pick(WORDS).trim() || "x";
    const isCode = marks.some((mark) => mark.type === "code");
    if (index > 0) nodes.push({ type: "text", text: random.next() < 0.85 ? " " : ", " });
    nodes.push({ type: "text", text: isCode ? text : text.replaceAll(/ +/g, " "), marks });
    if (!isOneLine && index < count - 1 && random.next() < 0.1) nodes.push({ type: "hardBreak" });
  }
  return join(nodes);
}

const isBreak = (node: DocNode | undefined) => node?.type === "hardBreak";
const sameMarks = (one: DocNode, other: DocNode) =>
  JSON.stringify(one.marks ?? []) === JSON.stringify(other.marks ?? []);

/** As the editor keeps it: no white space beside a break, neighbours of the same marks are one. */
function join(nodes: DocNode[]): DocNode[] {
  const kept = nodes.filter(
    (node, index) =>
      node.text?.trim() !== "" || !(isBreak(nodes[index - 1]) || isBreak(nodes[index + 1])),
  );
  const joined: DocNode[] = [];
  for (const node of kept) {
    const last = joined.at(-1);
    if (last?.text !== undefined && node.text !== undefined && sameMarks(last, node)) {
      last.text += node.text;
    } else if (node.text !== undefined && isBreak(last)) {
      joined.push({ ...node, text: node.text.trimStart() });
    } else {
      joined.push({ ...node });
    }
  }
  return joined;
}

const paragraph = (random: Random): DocNode => ({ type: "paragraph", content: randomLine(random) });

function randomList(random: Random, depth: number): DocNode {
  const type = random.pick(["bulletList", "orderedList", "taskList"]);
  const items = Array.from({ length: 1 + random.below(3) }, (): DocNode => {
    const content: DocNode[] = [paragraph(random)];
    if (depth < 3 && random.next() < 0.35) content.push(randomList(random, depth + 1));
    else if (random.next() < 0.15) content.push(random.pick([randomCode, paragraph])(random));
    return type === "taskList"
      ? { type: "taskItem", attrs: { checked: random.next() < 0.5 }, content }
      : { type: "listItem", content };
  });
  return { type, ...(type === "orderedList" ? { attrs: { start: 1 + random.below(12) } } : {}), content: items };
}

function randomCode(random: Random): DocNode {
  const lines = Array.from({ length: 1 + random.below(3) }, () => random.pick(WORDS));
  return {
    type: "codeBlock",
    attrs: { language: random.pick([null, "python", "c++"]) },
    content: [{ type: "text", text: lines.join("\n") }],
  };
}

function randomTable(random: Random): DocNode {
  const columns = 1 + random.below(3);
  const align = Array.from({ length: columns }, () => random.pick([null, "left", "center", "right"]));
  const row = (type: string): DocNode => ({
    type: "tableRow",
    content: align.map((each) => ({
      type,
      attrs: { align: each },
      content: [{ type: "paragraph", content: randomLine(random, { isOneLine: true }) }],
    })),
  });
  return {
    type: "table",
    content: [row("tableHeader"), ...Array.from({ length: 1 + random.below(3) }, () => row("tableCell"))],
  };
}

export function randomBlock(random: Random): DocNode {
  return random.pick([
    paragraph,
    paragraph,
    (each: Random): DocNode => ({
      type: "heading",
      attrs: { level: 1 + each.below(6) },
      content: randomLine(each, { isOneLine: true }),
    }),
    (each: Random) => randomList(each, 1),
    randomCode,
    randomTable,
    (each: Random): DocNode => ({ type: "blockquote", content: [paragraph(each), paragraph(each)] }),
    (): DocNode => ({ type: "horizontalRule" }),
  ])(random);
}
