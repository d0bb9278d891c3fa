import { Link } from "@tanstack/react-router";
import type { Ref } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionItem, Highlight } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { StateChip } from "@/components/StateChip";
import { TaskIcon } from "@/components/TaskIcon";
import classes from "./ExecutionList.module.css";
import { pickLine, splitMarks } from "./highlights";
import { Marked } from "./Marked";

const NOWHERE: Highlight[] = [];

type Props = {
  execution: ExecutionItem;
  /** Where a search found it. */
  places?: Highlight[] | undefined;
  keys?: string;
  ref?: Ref<HTMLAnchorElement>;
};

/** One execution of a list, as a link to it. */
export function ExecutionRow({ execution, places = NOWHERE, keys, ref }: Props) {
  const title = places.find((place) => place.field === "title");
  return (
    <Link
      ref={ref}
      to="/executions/$executionId"
      params={{ executionId: execution.id }}
      className={classes.row}
      aria-keyshortcuts={keys}
      data-arrow
    >
      <TaskIcon className={classes.icon} {...execution.task} />
      <span className={classes.words}>
        <span className={classes.title}>
          {title === undefined ? (execution.title ?? execution.task.name) : <Marked parts={splitMarks(title)} />}
        </span>
        <Line execution={execution} place={pickLine(places)} />
      </span>
      <RowEnd execution={execution} />
    </Link>
  );
}

function Line({ execution, place }: { execution: ExecutionItem; place: Highlight | undefined }) {
  const { t } = useTranslation();
  if (place === undefined) {
    return (
      <span className={classes.summary}>
        {execution.summary ?? t("history.noSummary", { task: execution.task.name })}
      </span>
    );
  }
  return (
    <span className={classes.found}>
      {place.label === null ? null : <span className={classes.label}>{place.label}: </span>}
      <Marked parts={splitMarks(place)} />
    </span>
  );
}

/** State and time, at the end of a row. */
export function RowEnd({ execution }: { execution: ExecutionItem }) {
  return (
    <span className={classes.end}>
      <span className={classes.state}><StateChip state={execution.state} /></span>
      <span className={classes.when}><RelativeTime at={execution.created_at} /></span>
    </span>
  );
}
