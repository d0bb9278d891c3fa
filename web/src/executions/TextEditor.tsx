import { Button } from "@mantine/core";
import type { Editor } from "@tiptap/react";
import { type KeyboardEvent, useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Execution, Version } from "@/api/types";
import { describeError } from "@/api/problem-text";
import { announce } from "@/components/Announcer";
import { usePageTitle } from "@/components/PageTitle";
import { showProblem } from "@/components/toasts";
import { ConflictPanel } from "./ConflictPanel";
import type { Content } from "./edit-draft";
import { RichEditor, type RichEditorHandle, type StartAt } from "./editor/RichEditor";
import { Toolbar } from "./editor/Toolbar";
import { InputsFold } from "./InputsFold";
import { SaveLine } from "./SaveLine";
import classes from "./TextEditor.module.css";
import { useEditing } from "./use-editing";

export type EditStart = { at: StartAt; isTitle: boolean };

type Props = {
  execution: Execution;
  text: Version;
  start: EditStart;
  /** The words that were typed before the editor was there; asked for once. */
  takeEarly: () => string;
  onClose: () => void;
};

/** The page to be written in, in place of the page to be read. What is typed is saved by itself. */
export function TextEditor({ execution, text, start, takeEarly, onClose }: Props) {
  const { t } = useTranslation();
  const rich = useRef<RichEditorHandle>(null);
  const [editor, setEditor] = useState<Editor | null>(null);
  const [title, setTitle] = useState<string | null>(null);
  const latest = useRef<Content | null>(null);
  const show = useCallback((content: Content) => {
    setTitle(content.title);
    rich.current?.show(content.body);
    latest.current = content;
  }, []);
  const { session, saving, conflict, news, isSettling } = useEditing(execution.id, text, show);
  const { start: begun, autosave } = session;
  const shownTitle = title ?? begun.title;
  useAfterChoice(conflict !== null || isSettling, () => rich.current?.resume());
  usePageTitle(t("editor.pageTitle", { title: shownTitle }));

  function change(part: Partial<Content>): void {
    latest.current = { ...(latest.current ?? begun), ...part };
    session.change(latest.current);
  }

  function close(): void {
    void autosave.flush();
    onClose();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const isInPopup = (event.target as Element).closest("[popover], dialog") !== null;
    if (event.key === "Escape" && !isInPopup) {
      event.preventDefault();
      close();
    }
    if (event.key.toLowerCase() !== "s" || event.shiftKey || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    void autosave.flush().then(() => announce(t("editor.saved")));
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- shortcuts for the buttons in it
    <section className={classes.editor} aria-label={t("editor.name")} onKeyDown={onKeyDown}>
      <h1 className="only-read-aloud">{t("editor.pageTitle", { title: shownTitle })}</h1>
      <div className={classes.bar}>
        <div className={classes.tools}>{editor === null ? null : <Toolbar editor={editor} />}</div>
        <SaveLine saving={saving} news={news} onRetry={() => void autosave.flush()} />
        <Button size="xs" variant="default" onClick={close}>{t("editor.done")}</Button>
      </div>
      {conflict === null ? null : (
        <ConflictPanel
          readMine={() => latest.current ?? begun}
          theirs={conflict}
          onKeepMine={session.keepMine}
          isSettling={isSettling}
          onTakeTheirs={() => {
            session.takeTheirs().catch((error: unknown) => showProblem(describeError(t, error)));
          }}
        />
      )}
      <div inert={isSettling}>
        <TitleField
          value={shownTitle}
          isFocused={start.isTitle}
          takeEarly={takeEarly}
          onChange={(next) => {
            setTitle(next);
            change({ title: next });
          }}
          onEnter={() => rich.current?.focus()}
        />
        <InputsFold inputs={execution.inputs} />
        <RichEditor
          ref={rich}
          body={begun.body}
          startAt={start.at}
          isFocused={!start.isTitle}
          takeEarly={takeEarly}
          onChange={(body) => change({ body })}
          onReady={setEditor}
        />
      </div>
    </section>
  );
}

/** The button of a choice goes with it; the person goes on writing. */
function useAfterChoice(isChoosing: boolean, resume: () => void): void {
  const wasChoosing = useRef(false);
  const goOn = useEffectEvent(resume);
  useEffect(() => {
    if (wasChoosing.current && !isChoosing) goOn();
    wasChoosing.current = isChoosing;
  }, [isChoosing]);
}

type TitleProps = {
  value: string;
  isFocused: boolean;
  takeEarly: () => string;
  onChange: (value: string) => void;
  onEnter: () => void;
};

const onOneLine = (words: string) => words.replaceAll(/\s*\n\s*/g, " ");

/** The title in its place and size; it grows with its words. */
function TitleField({ value, isFocused, takeEarly, onChange, onEnter }: TitleProps) {
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [value]);
  const begin = useEffectEvent(() => {
    const element = field.current;
    if (element === null) return;
    element.focus();
    element.setSelectionRange(value.length, value.length);
    const words = takeEarly();
    if (words !== "") onChange(onOneLine(value + words));
  });
  useLayoutEffect(() => {
    if (isFocused) begin();
  }, [isFocused]);
  return (
    <textarea
      ref={field}
      className={classes.title}
      aria-label={t("editor.title")}
      rows={1}
      maxLength={200}
      value={value}
      onChange={(event) => onChange(onOneLine(event.currentTarget.value))}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
        event.preventDefault();
        onEnter();
      }}
    />
  );
}
