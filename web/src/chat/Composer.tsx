import { ActionIcon } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { type FormEvent, type KeyboardEvent, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Tip } from "@/components/Tip";
import { dropDraft, keepDraft, readDraft } from "@/components/drafts";
import classes from "./Composer.module.css";

type Props = {
  /** Where the unsent words are kept. */
  draftName: string;
  label: string;
  /** Why nothing can be sent at present. */
  hint?: string | undefined;
  onSend: (text: string) => void;
};

const isText = (value: unknown): value is string => typeof value === "string";

/** On a touch keyboard Enter makes a line; there the button sends. */
const hasTouchKeyboard = () => window.matchMedia("(pointer: coarse)").matches;

export function Composer({ draftName, label, hint, onSend }: Props) {
  const { t } = useTranslation();
  const hintId = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => readDraft(draftName, isText) ?? "");
  const isBlocked = hint !== undefined;

  function change(next: string): void {
    setText(next);
    if (next === "") dropDraft(draftName);
    else keepDraft(draftName, next);
  }

  function submit(event?: FormEvent): void {
    event?.preventDefault();
    if (isBlocked || text.trim() === "") {
      field.current?.focus();
      return;
    }
    onSend(text.trim());
    change("");
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    if (hasTouchKeyboard() && !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    submit();
  }

  return (
    <form className={classes.composer} onSubmit={submit}>
      <div className={classes.box}>
        <textarea
          ref={field}
          className={classes.field}
          rows={1}
          aria-label={label}
          aria-describedby={isBlocked ? hintId : undefined}
          placeholder={label}
          value={text}
          onChange={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <Tip label={t("actions.send")}>
          <ActionIcon
            type="submit"
            className={classes.send}
            variant="filled"
            color="indigo"
            size="md"
            radius="xl"
            aria-label={t("actions.send")}
            aria-disabled={isBlocked || text.trim() === ""}
            data-disabled={isBlocked || text.trim() === "" || undefined}
          >
            <IconArrowUp size="1.125rem" stroke={1.5} />
          </ActionIcon>
        </Tip>
      </div>
      {isBlocked ? <p id={hintId} className={classes.hint}>{hint}</p> : null}
    </form>
  );
}
