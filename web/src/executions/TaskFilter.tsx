import { IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { TaskItem } from "@/api/types";
import { tasksQuery } from "@/catalog/queries";
import chips from "@/components/FilterChips.module.css";
import { Popup } from "@/components/Popup";
import { TaskIcon } from "@/components/TaskIcon";
import { toggle } from "@/components/toggle";
import classes from "./TaskFilter.module.css";

type Props = { chosen: readonly string[]; onChange: (tasks: string[]) => void };

/** Narrows the history to some tasks: a chip that opens their list. */
export function TaskFilter({ chosen, onChange }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(tasksQuery(""));
  const tasks = data?.items ?? [];
  if (tasks.length < 2 && chosen.length === 0) return null;
  return (
    <Popup
      name={t("history.filterTask")}
      side="bottom-start"
      buttonClass={`${chips.chip} ${classes.chip}`}
      isPressed={chosen.length > 0}
      button={
        <>
          <span className={classes.name}>{nameOf(chosen, tasks) ?? t("history.tasks")}</span>
          <IconChevronDown aria-hidden="true" size="1rem" stroke={1.5} />
        </>
      }
    >
      {() => (
        <div role="group" aria-label={t("history.filterTask")}>
          {tasks.map((task) => (
            <label key={task.id} className={classes.task}>
              <input
                type="checkbox"
                checked={chosen.includes(task.id)}
                onChange={() => onChange(toggle(chosen, task.id))}
              />
              <TaskIcon icon={task.icon} name={task.name} />
              {task.name}
            </label>
          ))}
        </div>
      )}
    </Popup>
  );
}

/** The first of them, and how many more. */
function nameOf(chosen: readonly string[], tasks: TaskItem[]): string | undefined {
  const [first] = chosen;
  if (first === undefined) return undefined;
  const name = tasks.find((task) => task.id === first)?.name;
  if (name === undefined) return undefined;
  return chosen.length === 1 ? name : `${name} +${chosen.length - 1}`;
}
