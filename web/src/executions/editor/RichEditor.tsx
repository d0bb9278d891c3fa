import { type Editor, EditorContent, useEditor } from "@tiptap/react";
import { type Node as Block, Slice } from "@tiptap/pm/model";
import { TextSelection } from "@tiptap/pm/state";
import { type Ref, useEffect, useImperativeHandle, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import text from "@/components/Markdown.module.css";
import type { WordPlace } from "../word-place";
import { OpenText } from "./open-text";
import { readDocument } from "./read-markdown";
import classes from "./RichEditor.module.css";
import { buildExtensions } from "./schema";

/** Where the cursor begins; at the beginning when it is null. */
export type StartAt = WordPlace | null;

/** The position of a place in the editor's document. */
function positionOf(doc: Block, { block, letters }: WordPlace): number {
  let start = 0;
  const nth = Math.min(block, doc.childCount - 1);
  for (let at = 0; at < nth; at += 1) start += doc.child(at).nodeSize;
  let left = letters;
  let found = start + 1;
  doc.child(nth).descendants((node, position) => {
    if (left < 0 || !node.isText) return left >= 0;
    found = start + 1 + position + Math.min(left, node.nodeSize);
    left -= node.nodeSize;
    return false;
  });
  return found;
}

/** At the cursor, as if it were typed now. */
function typeIn(editor: Editor, words: string): void {
  for (const [at, line] of words.split("\n").entries()) {
    if (at > 0) editor.commands.splitBlock();
    if (line !== "") editor.view.dispatch(editor.state.tr.insertText(line));
  }
}

export type RichEditorHandle = {
  /** Make the text another one, where they differ; the cursor stays in its words. */
  show: (body: string) => void;
  focus: () => void;
  /** Go on where the cursor was. */
  resume: () => void;
  html: () => string;
};

type Props = {
  ref: Ref<RichEditorHandle>;
  body: string;
  startAt: StartAt;
  isFocused: boolean;
  takeEarly: () => string;
  onChange: (body: string) => void;
  onReady: (editor: Editor) => void;
};

/** The text as it looks, to be written in. What it hears and says is markdown. */
export function RichEditor({ ref, body, startAt, isFocused, takeEarly, onChange, onReady }: Props) {
  const { t } = useTranslation();
  const file = useRef<OpenText>(null);
  const extensions = useMemo(() => buildExtensions({ checkbox: t("text.checkbox") }), [t]);
  const editor = useEditor({
    extensions,
    content: readDocument(body),
    editorProps: {
      attributes: {
        class: `${text.text} ${classes.text}`,
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": t("editor.body"),
      },
      // What is pasted as plain text is read as markdown; what is copied is markdown beside HTML.
      clipboardTextParser: (pasted) => Slice.maxOpen(file.current?.parse(pasted).content ?? Slice.empty.content),
      clipboardTextSerializer: (slice) => {
        const plain = slice.content.textBetween(0, slice.content.size, "\n\n");
        return file.current?.writeSlice(slice.content) ?? plain;
      },
    },
    onCreate: ({ editor: made }) => {
      file.current = new OpenText(made.schema);
      file.current.adopt(made.state.doc, body);
      onReady(made);
      if (!isFocused) return;
      if (startAt === null) {
        made.commands.focus("start");
      } else {
        const at = made.state.doc.resolve(positionOf(made.state.doc, startAt));
        made.view.dispatch(made.state.tr.setSelection(TextSelection.near(at)));
        made.view.focus();
      }
      typeIn(made, takeEarly());
    },
    onUpdate: ({ editor: changed }) => {
      if (file.current !== null) onChange(file.current.write(changed.state.doc));
    },
  });

  useImperativeHandle(ref, () => ({
    show: (next) => {
      if (file.current === null) return;
      const change = file.current.replace(editor.state, next);
      // Somebody else's edit is not this person's to undo.
      editor.view.dispatch(change.setMeta("addToHistory", false).setMeta("preventUpdate", true));
    },
    focus: () => void editor.commands.focus("start"),
    resume: () => void editor.commands.focus(),
    html: () => editor.getHTML(),
  }), [editor]);

  useEffect(() => {
    const element = editor.view.dom;
    element.setAttribute("aria-label", t("editor.body"));
  }, [editor, t]);

  return <EditorContent editor={editor} />;
}
