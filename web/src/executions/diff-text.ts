/** Two versions of a text as lines that a person can read, with what went and what came. */
import { type DocNode, textOf } from "./editor/doc";
import { readDocument } from "./editor/read-markdown";
import { diffSequences, diffWords } from "./diff";

export type LineLook = "paragraph" | "heading" | "item" | "code" | "row" | "quote" | "rule";

type Line = { look: LineLook; depth: number; marker: string; text: string };

export type Part = { kind: "same" | "removed" | "added"; text: string };

/** `kind` tells of the whole line; a changed one has parts of several kinds. */
export type DiffLine = Omit<Line, "text"> & {
  kind: "same" | "removed" | "added" | "changed";
  parts: Part[];
};

/** Lines that share less than this of their words are two lines, not one that changed. */
const LEAST_SHARED = 0.4;

export function diffTexts(before: string, after: string): DiffLine[] {
  const old = linesOf(before);
  const fresh = linesOf(after);
  const names = new Map<string, Line>();
  const nameOf = (line: Line) => {
    const name = JSON.stringify(line);
    names.set(name, line);
    return name;
  };
  const changes = diffSequences(old.map(nameOf), fresh.map(nameOf));
  const lines: DiffLine[] = [];
  for (let at = 0; at < changes.length; at += 1) {
    const { kind, items } = changes[at] as (typeof changes)[number];
    const here = items.map((name) => names.get(name) as Line);
    const next = changes[at + 1];
    if (kind === "removed" && next?.kind === "added") {
      lines.push(...pair(here, next.items.map((name) => names.get(name) as Line)));
      at += 1;
    } else {
      lines.push(...here.map((line) => whole(line, kind)));
    }
  }
  return lines;
}

function whole({ text, ...line }: Line, kind: Part["kind"]): DiffLine {
  return { ...line, kind, parts: [{ kind, text }] };
}

/** Lines that went and lines that came, matched in order where they are alike. */
function pair(removed: Line[], added: Line[]): DiffLine[] {
  const lines: DiffLine[] = [];
  const waiting = [...added];
  for (const line of removed) {
    const match = waiting.findIndex((each) => each.look === line.look && sharedShare(line, each) >= LEAST_SHARED);
    if (match < 0) {
      lines.push(whole(line, "removed"));
      continue;
    }
    for (const between of waiting.splice(0, match)) lines.push(whole(between, "added"));
    const [partner] = waiting.splice(0, 1);
    if (partner === undefined) continue;
    const { text, ...rest } = partner;
    lines.push({ ...rest, kind: "changed", parts: diffWords(line.text, text) });
  }
  return [...lines, ...waiting.map((line) => whole(line, "added"))];
}

function sharedShare(one: Line, other: Line): number {
  const longest = Math.max(one.text.length, other.text.length);
  if (longest === 0) return 1;
  const same = diffWords(one.text, other.text).filter((part) => part.kind === "same");
  return same.reduce((sum, part) => sum + part.text.trim().length, 0) / longest;
}

type Place = { depth: number; marker: string; look: LineLook };

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (const node of readDocument(text).content ?? []) {
    collect(node, { depth: 0, marker: "", look: "paragraph" }, lines);
  }
  return lines.filter((line) => line.text !== "" || line.look === "rule");
}

type Collect = (node: DocNode, place: Place, lines: Line[]) => void;

const collectCode: Collect = (node, place, lines) => {
  for (const text of textOf(node).split("\n")) lines.push({ ...place, look: "code", text });
};

const COLLECT: Record<string, Collect> = {
  heading: (node, { depth }, lines) => {
    lines.push({ look: "heading", depth, marker: "", text: lineText(node) });
  },
  codeBlock: collectCode,
  source: collectCode,
  horizontalRule: (_, place, lines) => {
    lines.push({ ...place, look: "rule", text: "" });
  },
  tableRow: (node, place, lines) => {
    const text = (node.content ?? []).map(lineText).join("  |  ");
    lines.push({ ...place, look: "row", text });
  },
  blockquote: (node, place, lines) => {
    for (const child of node.content ?? []) collect(child, { ...place, look: "quote" }, lines);
  },
  paragraph: (node, place, lines) => {
    lines.push({ ...place, text: lineText(node) });
  },
};

function collect(node: DocNode, place: Place, lines: Line[]): void {
  const known = COLLECT[node.type];
  if (known !== undefined) {
    known(node, place, lines);
    return;
  }
  for (const [index, child] of (node.content ?? []).entries()) {
    if (isItem(child)) collectItem(node, child, index, place, lines);
    else collect(child, place, lines);
  }
}

const isItem = (node: DocNode) => node.type === "listItem" || node.type === "taskItem";

function collectItem(list: DocNode, item: DocNode, index: number, place: Place, lines: Line[]): void {
  const inside = { look: "item", depth: place.depth + 1 } as const;
  for (const [at, child] of (item.content ?? []).entries()) {
    collect(child, { ...inside, marker: at === 0 ? markerOf(list, item, index) : "" }, lines);
  }
}

function markerOf(list: DocNode, item: DocNode, index: number): string {
  if (list.type === "taskList") return item.attrs?.checked === true ? "☑" : "☐";
  return list.type === "orderedList" ? `${Number(list.attrs?.start ?? 1) + index}.` : "•";
}

function lineText(node: DocNode): string {
  if (node.type === "hardBreak") return " ";
  return node.text ?? (node.content ?? []).map(lineText).join("");
}
