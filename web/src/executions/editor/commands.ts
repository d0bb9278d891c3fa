/** What the toolbar offers: its names, shortcuts, and what each does. */
import {
  IconBlockquote, IconBold, IconCode, IconItalic, IconLineDashed, IconList, IconListCheck,
  IconListNumbers, IconSourceCode, IconStrikethrough, IconTable,
  IconColumnInsertRight, IconColumnRemove, IconRowInsertBottom, IconRowRemove,
} from "@tabler/icons-react";
import type { Editor } from "@tiptap/react";

export type Command = {
  name:
    | "bold" | "italic" | "strike" | "code" | "bullets" | "numbers" | "checks" | "quote"
    | "codeBlock" | "table" | "rule" | "addRow" | "addColumn" | "removeRow" | "removeColumn";
  Icon: typeof IconBold;
  /** As `aria-keyshortcuts` wants it, with Control for the main key. */
  keys?: string;
  /** Null for what is done and is not on or off. */
  mark: string | null;
  run: (editor: Editor) => void;
};

export const INLINE: Command[] = [
  { name: "bold", Icon: IconBold, keys: "Control+B", mark: "bold", run: (e) => e.chain().focus().toggleBold().run() },
  { name: "italic", Icon: IconItalic, keys: "Control+I", mark: "italic", run: (e) => e.chain().focus().toggleItalic().run() },
  { name: "strike", Icon: IconStrikethrough, keys: "Control+Shift+S", mark: "strike", run: (e) => e.chain().focus().toggleStrike().run() },
  { name: "code", Icon: IconCode, keys: "Control+E", mark: "code", run: (e) => e.chain().focus().toggleCode().run() },
];

export const BLOCKS: Command[] = [
  { name: "bullets", Icon: IconList, keys: "Control+Shift+8", mark: "bulletList", run: (e) => e.chain().focus().toggleBulletList().run() },
  { name: "numbers", Icon: IconListNumbers, keys: "Control+Shift+7", mark: "orderedList", run: (e) => e.chain().focus().toggleOrderedList().run() },
  { name: "checks", Icon: IconListCheck, keys: "Control+Shift+9", mark: "taskList", run: (e) => e.chain().focus().toggleTaskList().run() },
  { name: "quote", Icon: IconBlockquote, keys: "Control+Shift+B", mark: "blockquote", run: (e) => e.chain().focus().toggleBlockquote().run() },
  { name: "codeBlock", Icon: IconSourceCode, keys: "Control+Alt+C", mark: "codeBlock", run: (e) => e.chain().focus().toggleCodeBlock().run() },
  { name: "table", Icon: IconTable, mark: null, run: (e) => e.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run() },
  { name: "rule", Icon: IconLineDashed, mark: null, run: (e) => e.chain().focus().setHorizontalRule().run() },
];

export const IN_TABLE: Command[] = [
  { name: "addRow", Icon: IconRowInsertBottom, mark: null, run: (e) => e.chain().focus().addRowAfter().run() },
  { name: "addColumn", Icon: IconColumnInsertRight, mark: null, run: (e) => e.chain().focus().addColumnAfter().run() },
  { name: "removeRow", Icon: IconRowRemove, mark: null, run: (e) => e.chain().focus().deleteRow().run() },
  { name: "removeColumn", Icon: IconColumnRemove, mark: null, run: (e) => e.chain().focus().deleteColumn().run() },
];

/** What the words at the cursor are: a heading's level, or a paragraph. */
export function styleOf(editor: Editor): string {
  const level = [1, 2, 3, 4, 5, 6].find((each) => editor.isActive("heading", { level: each }));
  return level === undefined ? "text" : String(level);
}

export function setStyle(editor: Editor, style: string): void {
  const chain = editor.chain().focus();
  if (style === "text") chain.setParagraph().run();
  else chain.setHeading({ level: Number(style) as 1 | 2 | 3 | 4 | 5 | 6 }).run();
}
