import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionItem, Highlight } from "@/api/types";
import { useNow } from "@/components/RelativeTime";
import { useArrowKeys } from "@/components/use-arrow-keys";
import { useSingleKeys } from "@/shell/keyboard/preference";
import classes from "./ExecutionList.module.css";
import { type Group, groupByAge } from "./groups";
import { HistoryItem } from "./HistoryItem";
import { useListActions } from "./use-list-actions";

type Props = { executions: ExecutionItem[]; highlights: Map<string, Highlight[]> };

/** Executions by days. Arrows move, Enter opens, Delete deletes, R or F2 renames. */
export function HistoryList({ executions, highlights }: Props) {
  const { i18n } = useTranslation();
  const now = useNow();
  const list = useRef<HTMLDivElement>(null);
  const move = useArrowKeys();
  const [renamed, setRenamed] = useState<string | null>(null);
  const [hasSingleKeys] = useSingleKeys();
  const keyBefore = useRef("");
  const { remove, rename } = useListActions();

  function removeRow(execution: ExecutionItem): void {
    neighbour(list.current, execution.id)?.focus();
    remove(execution);
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    move(event);
    const before = keyBefore.current;
    keyBefore.current = event.key;
    // "g r" leads to this page from everywhere, also from here.
    if (event.key === "r" && (before === "g" || !hasSingleKeys)) return;
    const execution = executionAt(event, executions);
    const act = execution === undefined ? undefined : actionOf(event);
    if (execution === undefined || act === undefined) return;
    event.preventDefault();
    if (act === "delete") removeRow(execution);
    else setRenamed(execution.id);
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- keys act on the link that has the focus
    <div ref={list} onKeyDown={onKeyDown}>
      {groupByAge(executions, now, i18n.language).map((group) => (
        <DayGroup key={group.key} group={group}>
          {group.items.map((execution) => (
            <HistoryItem
              key={execution.id}
              execution={execution}
              places={highlights.get(execution.id)}
              isRenamed={renamed === execution.id}
              onRename={() => setRenamed(execution.id)}
              onRenamed={(title) => {
                setRenamed(null);
                if (title !== null) rename(execution, title);
              }}
              onDelete={() => removeRow(execution)}
            />
          ))}
        </DayGroup>
      ))}
    </div>
  );
}

function DayGroup({ group, children }: { group: Group; children: ReactNode }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className={classes.day}>{group.name === null ? group.month : t(`days.${group.name}`)}</h2>
      <ul className={classes.list}>{children}</ul>
    </section>
  );
}

/** The execution whose link has the focus. */
function executionAt(event: KeyboardEvent, executions: ExecutionItem[]): ExecutionItem | undefined {
  const link = event.target instanceof HTMLElement && event.target.matches("a[data-arrow]") ? event.target : null;
  const id = link?.closest<HTMLElement>("[data-execution]")?.dataset.execution;
  return executions.find((execution) => execution.id === id);
}

function actionOf(event: KeyboardEvent): "delete" | "rename" | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === "Delete") return "delete";
  return event.key === "F2" || event.key === "r" ? "rename" : undefined;
}

/** Where the focus goes when a row goes: the next one, the one before, or the page. */
function neighbour(list: HTMLElement | null, id: string): HTMLElement | null {
  const rows = [...(list?.querySelectorAll<HTMLElement>("[data-execution]") ?? [])];
  const at = rows.findIndex((row) => row.dataset.execution === id);
  const next = rows[at + 1] ?? rows[at - 1];
  return next?.querySelector<HTMLElement>("[data-arrow]") ?? document.querySelector("main");
}
