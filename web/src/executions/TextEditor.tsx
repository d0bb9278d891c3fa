import { Button } from "@mantine/core";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { describeError } from "@/api/problem-text";
import type { Execution, Version } from "@/api/types";
import { announce } from "@/components/Announcer";
import { dropDraft, keepDraft, readDraft } from "@/components/drafts";
import { usePageTitle } from "@/components/PageTitle";
import { draftName, type EditDraft, isEditDraft } from "./edit-draft";
import classes from "./TextEditor.module.css";
import { useSaveVersion } from "./use-save-version";

type Props = { execution: Execution; text: Version; onClose: () => void };

/** The text as markdown, to be changed and saved as a version. Nothing typed is lost on the way. */
export function TextEditor({ execution, text, onClose }: Props) {
  const { t } = useTranslation();
  const name = draftName(execution.id);
  const [edit, setEdit] = useState<EditDraft>(() => readDraft(name, isEditDraft) ?? startFrom(text));
  const save = useSaveVersion(execution.id);
  const body = useRef<HTMLTextAreaElement>(null);
  usePageTitle(t("editor.pageTitle", { title: edit.title }));
  useEffect(() => body.current?.focus({ preventScroll: true }), []);

  const isStale = edit.baseVersionId !== text.version_id;
  const isChanged = edit.title !== text.title || edit.body !== text.body;

  function change(part: Partial<EditDraft>): void {
    const next = { ...edit, ...part };
    setEdit(next);
    keepDraft(name, next);
  }

  function close(): void {
    dropDraft(name);
    onClose();
  }

  function submit(baseVersionId: string): void {
    if (save.isPending) return;
    save.mutate(
      { title: edit.title.trim() || text.title, body: edit.body, baseVersionId },
      {
        onSuccess: () => {
          announce(t("editor.saved"));
          close();
        },
      },
    );
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== "s" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    if (isChanged && !isStale) submit(edit.baseVersionId);
  }

  const isConflict = isStale || (save.error instanceof ApiError && save.error.code === "stale_version");
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a shortcut for the button
    <form
      className={classes.editor}
      aria-label={t("editor.name")}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        submit(edit.baseVersionId);
      }}
    >
      <div className={classes.page}>
        <h1 className="only-read-aloud">{t("editor.pageTitle", { title: text.title })}</h1>
        <input
          className={classes.title}
          aria-label={t("editor.title")}
          value={edit.title}
          maxLength={200}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <textarea
          ref={body}
          className={classes.body}
          aria-label={t("editor.body")}
          value={edit.body}
          onChange={(event) => change({ body: event.currentTarget.value })}
        />
      </div>
      <div className={classes.foot}>
        <div role="alert" className={classes.words}>
          {isConflict ? <p>{t("errors.staleVersion")}</p> : null}
          {!isConflict && save.isError ? <p>{describeError(t, save.error)} {t("editor.kept")}</p> : null}
        </div>
        {isConflict || save.isError ? null : <p className={classes.hint}>{t("editor.hint")}</p>}
        <div className={classes.buttons}>
          <Button variant="default" onClick={close}>{t(isChanged ? "editor.discard" : "actions.close")}</Button>
          {isStale ? (
            <Button loading={save.isPending} onClick={() => submit(text.version_id)}>
              {t("editor.saveAnyway")}
            </Button>
          ) : (
            <Button type="submit" loading={save.isPending} disabled={!isChanged}>{t("editor.save")}</Button>
          )}
        </div>
      </div>
    </form>
  );
}

function startFrom(text: Version): EditDraft {
  return { title: text.title, body: text.body, baseVersionId: text.version_id };
}
