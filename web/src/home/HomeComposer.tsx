import { ActionIcon } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type RefObject, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TaskItem } from "@/api/types";
import { prefillTask } from "@/catalog/prefill";
import { tasksQuery } from "@/catalog/queries";
import { dropDraft, keepDraft, readDraft } from "@/components/drafts";
import { TaskIcon } from "@/components/TaskIcon";
import { useListbox } from "@/components/use-listbox";
import classes from "./HomeComposer.module.css";
import { suggestTasks } from "./suggest";

const DRAFT = "home.sentence";
const MOST = 5;
const isText = (value: unknown): value is string => typeof value === "string";

/** The sentence, kept in this browser until a task takes it. */
export function useSentence() {
  const [sentence, setSentence] = useState(() => readDraft(DRAFT, isText) ?? "");
  return {
    sentence,
    setSentence: (next: string) => {
      setSentence(next);
      keepDraft(DRAFT, next);
    },
  };
}

type Props = {
  field: RefObject<HTMLTextAreaElement | null>;
  sentence: string;
  onChange: (sentence: string) => void;
};

/** Say what is to be done; the tasks that fit are offered, and Enter opens the marked one with these words. */
export function HomeComposer({ field, sentence, onChange }: Props) {
  const { t } = useTranslation();
  const hintId = useId();
  const navigate = useNavigate();
  const [isClosed, setClosed] = useState(false);
  const { data } = useQuery(tasksQuery(""));
  const isAsking = sentence.trim() !== "" && !isClosed;
  const suggested = isAsking ? suggestTasks(sentence, data?.items ?? []).slice(0, MOST) : [];
  const open = (task: TaskItem) => {
    prefillTask(task.id, sentence.trim());
    dropDraft(DRAFT);
    void navigate({ to: "/tasks/$taskId", params: { taskId: task.id } });
  };
  const listbox = useListbox({ options: suggested, keyOf: (task) => task.id, onChoose: open });
  const best = suggested[listbox.marked];
  // A field of several lines may not be called a combobox; it may have suggestions all the same.
  const { role: _, "aria-expanded": isOpen, ...suggesting } = listbox.field;
  return (
    <div className={classes.composer}>
      <textarea
        {...suggesting}
        aria-haspopup={isOpen ? "listbox" : undefined}
        ref={field}
        className={classes.input}
        aria-label={t("home.what")}
        aria-describedby={hintId}
        placeholder={t("home.what")}
        data-search
        rows={2}
        maxLength={2000}
        value={sentence}
        onChange={(event) => {
          onChange(event.currentTarget.value);
          setClosed(false);
          listbox.unmark();
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape" && isAsking) setClosed(true);
          else if (event.key === "Enter" && !event.shiftKey && suggested.length === 0) {
            event.preventDefault();
            setClosed(false);
          } else listbox.onKeyDown(event);
        }}
      />
      <ActionIcon
        className={classes.send}
        variant="filled"
        color="indigo"
        size="lg"
        aria-label={best === undefined ? t("home.begin") : t("home.beginWith", { task: best.name })}
        disabled={best === undefined}
        onClick={() => best !== undefined && open(best)}
      >
        <IconArrowRight size="1.125rem" stroke={1.75} />
      </ActionIcon>
      {suggested.length > 0 ? (
        <div className={classes.popup}>
          <div {...listbox.listProps} aria-label={t("home.fitting")}>
            {suggested.map((task, index) => (
              <div key={task.id} {...listbox.optionProps(index)} className={classes.option}>
                <TaskIcon className={classes.icon} icon={task.icon} name={task.name} />
                <span className={classes.words}>
                  <span className={classes.name}>{task.name}</span>
                  <span className={classes.description}>{task.description}</span>
                </span>
                {index === listbox.marked ? <kbd className={classes.key} aria-hidden="true">↵</kbd> : null}
              </div>
            ))}
          </div>
        </div>
      ) : null}
      <p id={hintId} className="only-read-aloud">{t("home.hint")}</p>
      <div role="status" className="only-read-aloud">
        {best === undefined ? "" : t("home.beginWith", { task: best.name })}
      </div>
    </div>
  );
}
