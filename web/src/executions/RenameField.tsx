import { TextInput } from "@mantine/core";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionItem } from "@/api/types";
import { TaskIcon } from "@/components/TaskIcon";
import classes from "./ExecutionList.module.css";
import { RowEnd } from "./ExecutionRow";

const MAX_LENGTH = 200;

type Props = {
  execution: ExecutionItem;
  /** The new name, or null when it stays; `byKey`: the focus is still here. */
  onEnd: (title: string | null, how: { byKey: boolean }) => void;
};

/** The name in a field: Enter or going elsewhere keeps it, Escape leaves the old one. */
export function RenameField({ execution, onEnd }: Props) {
  const { t } = useTranslation();
  const before = execution.title ?? "";
  const [title, setTitle] = useState(before);
  const field = useRef<HTMLInputElement>(null);
  const hasEnded = useRef(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);

  function end(next: string, byKey: boolean): void {
    if (hasEnded.current) return;
    hasEnded.current = true;
    const words = next.trim();
    onEnd(words === "" || words === before ? null : words, { byKey });
  }
  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) end(title, true);
    else if (event.key === "Escape") end(before, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    <div className={classes.row}>
      <TaskIcon className={classes.icon} {...execution.task} />
      <TextInput
        ref={field}
        className={classes.words}
        aria-label={t("history.newName")}
        placeholder={execution.task.name}
        maxLength={MAX_LENGTH}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => end(title, false)}
      />
      <RowEnd execution={execution} />
    </div>
  );
}
