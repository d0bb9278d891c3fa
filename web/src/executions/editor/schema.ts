/** What a text can be made of in the editor: what markdown can say, and nothing else. */
import { type Extensions, getSchema, Mark, Node } from "@tiptap/core";
import { Blockquote } from "@tiptap/extension-blockquote";
import { Bold } from "@tiptap/extension-bold";
import { Code } from "@tiptap/extension-code";
import { CodeBlock } from "@tiptap/extension-code-block";
import { Document } from "@tiptap/extension-document";
import { HardBreak } from "@tiptap/extension-hard-break";
import { Heading } from "@tiptap/extension-heading";
import { HorizontalRule } from "@tiptap/extension-horizontal-rule";
import { Italic } from "@tiptap/extension-italic";
import { Link } from "@tiptap/extension-link";
import { BulletList, ListItem, ListKeymap, OrderedList, TaskItem, TaskList } from "@tiptap/extension-list";
import { Paragraph } from "@tiptap/extension-paragraph";
import { Strike } from "@tiptap/extension-strike";
import { Table, TableCell, TableHeader, TableRow } from "@tiptap/extension-table";
import { Text } from "@tiptap/extension-text";
import { Dropcursor, Gapcursor, TrailingNode, UndoRedo } from "@tiptap/extensions";
import { safeAddress } from "@/components/markdown-text";

/** A block that stays as it was written; its words can be changed, its markdown is not read. */
const Source = Node.create({
  name: "source",
  group: "block",
  content: "text*",
  marks: "",
  code: true,
  defining: true,
  parseHTML: () => [{ tag: "pre[data-source]", preserveWhitespace: "full" }],
  renderHTML: () => ["pre", { "data-source": "" }, ["code", 0]],
});

/** Words that stay as they were written: raw HTML, images. */
const Verbatim = Mark.create({
  name: "verbatim",
  inclusive: false,
  parseHTML: () => [{ tag: "span[data-verbatim]" }],
  renderHTML: () => ["span", { "data-verbatim": "" }, 0],
});

const OurLink = Link.extend({
  addAttributes() {
    return { ...this.parent?.(), title: { default: null } };
  },
}).configure({
  openOnClick: false,
  defaultProtocol: "https",
  HTMLAttributes: { rel: "noopener noreferrer nofollow", target: null },
  isAllowedUri: (address) => safeAddress(address) !== null,
});

/** Cells hold lines of words; markdown has no more room in them. */
const cell = { content: "paragraph+" };

export type EditorWords = { checkbox: string };

export function buildExtensions({ checkbox }: EditorWords = { checkbox: "" }): Extensions {
  return [
    Document,
    Paragraph,
    Text,
    Heading,
    Bold,
    Italic,
    Strike,
    Code.extend({ excludes: "" }),
    OurLink,
    Verbatim,
    Blockquote,
    BulletList,
    OrderedList,
    ListItem.extend({ content: "block+" }),
    TaskList,
    TaskItem.extend({ content: "block+" }).configure({
      nested: true,
      a11y: { checkboxLabel: (node) => `${checkbox} ${node.firstChild?.textContent ?? ""}`.trim() },
    }),
    ListKeymap,
    CodeBlock,
    HorizontalRule,
    HardBreak,
    Table.configure({ resizable: false }),
    TableRow,
    TableHeader.extend(cell),
    TableCell.extend(cell),
    Source,
    UndoRedo,
    Gapcursor,
    Dropcursor,
    TrailingNode,
  ];
}

export const buildSchema = () => getSchema(buildExtensions());
