/** A text without marks of any kind, as for a field that takes nothing else. */
import { type DocNode, textOf } from "./editor/doc";
import { readDocument } from "./editor/read-markdown";

export function plainText(markdown: string): string {
  const blocks = (readDocument(markdown).content ?? []).map((node) => linesOf(node, "").join("\n"));
  return blocks.filter((block) => block !== "").join("\n\n");
}

function inline(node: DocNode): string {
  if (node.type === "hardBreak") return "\n";
  const words = node.text ?? (node.content ?? []).map(inline).join("");
  const link = node.marks?.find((mark) => mark.type === "link");
  const address = String(link?.attrs?.href ?? "").replace(/^mailto:/, "");
  return address === "" || address === words ? words : `${words} (${address})`;
}

function linesOf(node: DocNode, indent: string): string[] {
  const children = node.content ?? [];
  switch (node.type) {
    case "codeBlock":
    case "source":
      return textOf(node).split("\n").map((line) => indent + line);
    case "horizontalRule":
      return [`${indent}———`];
    case "tableRow":
      return [indent + children.map((cell) => inline(cell).replaceAll("\n", " ")).join("\t")];
    case "heading":
    case "paragraph":
      return inline(node).split("\n").map((line) => indent + line);
    case "bulletList":
    case "orderedList":
    case "taskList":
      return children.flatMap((item, index) => itemLines(node, item, index, indent));
    default:
      return children.flatMap((child) => linesOf(child, indent));
  }
}

function itemLines(list: DocNode, item: DocNode, index: number, indent: string): string[] {
  const marker = { orderedList: `${Number(list.attrs?.start ?? 1) + index}. `, taskList: item.attrs?.checked === true ? "[x] " : "[ ] " }[list.type] ?? "- ";
  const inner = indent + " ".repeat(marker.length);
  const [first = "", ...others] = (item.content ?? []).flatMap((child) => linesOf(child, inner));
  return [indent + marker + first.trimStart(), ...others];
}
