import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TaskItem } from "@/api/types";
import { tasksQuery } from "@/catalog/queries";
import { TaskGrid, TaskGridSkeleton } from "@/catalog/TaskGrid";
import { PageHead } from "@/components/PageHead";
import { SearchField } from "@/components/SearchField";
import { ErrorState } from "@/components/StatePanel";
import { ExecutionList, ExecutionListSkeleton } from "@/executions/ExecutionList";
import { executionsQuery } from "@/executions/queries";
import { meQuery } from "@/identity/queries";
import { DemoNotice } from "@/shell/DemoNotice";
import classes from "./HomePage.module.css";

const N_TASKS = 3;
const N_RECENT = 5;

/** Where a day starts: what to get done, what waits for an answer, what was written last. */
export function HomePage() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const [q, setQ] = useState("");
  const [hour] = useState(() => new Date().getHours());
  return (
    <>
      <PageHead title={t(greeting(hour), { name: firstName(me.name) })}>
        <SearchField label={t("home.what")} value={q} onSearch={setQ} />
      </PageHead>
      <div className={classes.demo}><DemoNotice place="page" /></div>
      <Tasks q={q} />
      {q === "" ? <Waiting /> : null}
      {q === "" ? <Recent /> : null}
    </>
  );
}

function greeting(hour: number) {
  if (hour < 5 || hour >= 18) return "home.evening";
  return hour < 12 ? "home.morning" : "home.afternoon";
}

const firstName = (name: string) => name.trim().split(/\s+/)[0] ?? name;

/** The tasks used last stand first, then those never used. */
function byUse(tasks: TaskItem[]): TaskItem[] {
  return tasks
    .filter((task) => task.is_enabled)
    .toSorted((left, right) => (right.last_used_at ?? "").localeCompare(left.last_used_at ?? ""));
}

function Tasks({ q }: { q: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(tasksQuery(q));
  if (data === undefined) {
    if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return <Section title={t("home.start")}><TaskGridSkeleton count={N_TASKS} /></Section>;
  }
  const tasks = byUse(data.items);
  const shown = q === "" ? tasks.slice(0, N_TASKS) : tasks;
  return (
    <Section
      title={t("home.start")}
      more={<Link to="/tasks" search={q === "" ? {} : { q }}>{t("home.allTasks")}</Link>}
    >
      {shown.length === 0 ? (
        <p className={classes.none}>{t(q === "" ? "tasks.none" : "tasks.nothingFound", { q })}</p>
      ) : (
        <TaskGrid tasks={shown} />
      )}
    </Section>
  );
}

/** Questions of the assistant that nobody answered yet. */
function Waiting() {
  const { t } = useTranslation();
  const { data } = useInfiniteQuery(executionsQuery({ states: ["asking"] }));
  const waiting = data?.pages[0]?.items ?? [];
  if (waiting.length === 0) return null;
  return (
    <Section title={t("home.waiting")}>
      <ExecutionList executions={waiting.slice(0, N_RECENT)} />
    </Section>
  );
}

function Recent() {
  const { t } = useTranslation();
  const { data, error, refetch } = useInfiniteQuery(executionsQuery({}));
  const recent = data?.pages[0]?.items.slice(0, N_RECENT) ?? [];
  return (
    <Section title={t("home.recent")} more={<Link to="/history">{t("home.allWork")}</Link>}>
      {data === undefined && error === null ? <ExecutionListSkeleton count={3} /> : null}
      {data === undefined && error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : null}
      {recent.length > 0 ? <ExecutionList executions={recent} /> : null}
      {data !== undefined && recent.length === 0 ? (
        <p className={classes.none}>{t("home.nothingYet")}</p>
      ) : null}
    </Section>
  );
}

type SectionProps = { title: string; more?: ReactNode; children: ReactNode };

function Section({ title, more, children }: SectionProps) {
  return (
    <section aria-label={title}>
      <div className={classes.head}>
        <h2>{title}</h2>
        {more}
      </div>
      {children}
    </section>
  );
}
