/** The editor's document as plain data: what reading markdown makes and writing it takes. */

export type DocMark = { type: string; attrs?: Record<string, unknown> };

export type DocNode = {
  type: string;
  attrs?: Record<string, unknown>;
  content?: DocNode[];
  text?: string;
  marks?: DocMark[];
};

const isEmpty = (value: unknown) => value === null || value === undefined;

function sortedAttrs(attrs: Record<string, unknown> | undefined): [string, unknown][] {
  return Object.entries(attrs ?? {})
    .filter(([, value]) => !isEmpty(value))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** A node without what says nothing: attributes left at null, the order of marks. */
export function canonical(node: DocNode): unknown {
  return [
    node.type,
    sortedAttrs(node.attrs),
    node.text ?? null,
    // A break looks the same whatever it stands in.
    (node.type === "hardBreak" ? [] : (node.marks ?? []))
      .map((mark) => [mark.type, sortedAttrs(mark.attrs)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    (node.content ?? []).map(canonical),
  ];
}

export function isSameNode(one: DocNode, other: DocNode): boolean {
  return JSON.stringify(canonical(one)) === JSON.stringify(canonical(other));
}

/** Text that stands as it is in the markdown: raw HTML, references, what the editor cannot hold. */
export function sourceNode(text: string): DocNode {
  return { type: "source", ...(text === "" ? {} : { content: [{ type: "text", text }] }) };
}

/** All words under a node. */
export function textOf(node: DocNode): string {
  if (node.text !== undefined) return node.text;
  return (node.content ?? []).map(textOf).join("");
}
