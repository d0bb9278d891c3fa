import { Button } from "@mantine/core";
import { IconPencilPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionItem } from "@/api/types";
import { tasksQuery } from "@/catalog/queries";
import { TaskGrid, TaskGridSkeleton } from "@/catalog/TaskGrid";
import { PageHead } from "@/components/PageHead";
import { EmptyState, ErrorState } from "@/components/StatePanel";
import { ExecutionList, ExecutionListSkeleton } from "@/executions/ExecutionList";
import { executionsQuery } from "@/executions/queries";
import { hourIn } from "@/i18n/time-zones";
import { meQuery } from "@/identity/queries";
import { DemoNotice } from "@/shell/DemoNotice";
import { HomeComposer, useSentence } from "./HomeComposer";
import classes from "./HomePage.module.css";
import { byUse } from "./suggest";

const N_TASKS = 3;
const N_WAITING = 5;
const N_RECENT = 5;
/** What waits for the person, or is being written. */
const OPEN: ExecutionItem["state"][] = ["asking", "failed", "writing"];

/** Where a day starts: what to get done, what waits for an answer, what was written last. */
export function HomePage() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const [hour] = useState(() => hourIn(me.time_zone, new Date()));
  const field = useRef<HTMLTextAreaElement>(null);
  const { sentence, setSentence } = useSentence();
  const tryExample = () => {
    setSentence(t("home.example"));
    field.current?.focus();
  };
  return (
    <>
      <PageHead title={t(greeting(hour), { name: firstName(me.name) })}>
        <HomeComposer field={field} sentence={sentence} onChange={setSentence} />
      </PageHead>
      <div className={classes.demo}><DemoNotice place="page" /></div>
      <Work onExample={tryExample} />
    </>
  );
}

function greeting(hour: number) {
  if (hour < 5 || hour >= 18) return "home.evening";
  return hour < 12 ? "home.morning" : "home.afternoon";
}

const firstName = (name: string) => name.trim().split(/\s+/)[0] ?? name;

function Tasks() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(tasksQuery(""));
  if (data === undefined) {
    if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return <Section title={t("home.start")}><TaskGridSkeleton count={N_TASKS} /></Section>;
  }
  const tasks = byUse(data.items).slice(0, N_TASKS);
  return (
    <Section title={t("home.start")} more={<Link to="/tasks">{t("home.allTasks")}</Link>}>
      {tasks.length === 0 ? <p className={classes.none}>{t("tasks.none")}</p> : <TaskGrid tasks={tasks} />}
    </Section>
  );
}

/** What is open, and of the rest what was begun last: each piece of work stands only once. */
function useWork() {
  const { data } = useInfiniteQuery(executionsQuery({ states: OPEN }));
  const recent = useInfiniteQuery(executionsQuery({}));
  const open = data?.pages.flatMap((page) => page.items) ?? [];
  const inState = (state: ExecutionItem["state"]) => open.filter((execution) => execution.state === state);
  const waiting = [...inState("asking"), ...inState("failed")].slice(0, N_WAITING);
  const writing = inState("writing").slice(0, N_WAITING);
  const shown = new Set([...waiting, ...writing].map((execution) => execution.id));
  const all = recent.data?.pages[0]?.items;
  return { waiting, writing, all, rest: all?.filter(({ id }) => !shown.has(id)).slice(0, N_RECENT) ?? [], recent };
}

/** What waits for the person stands before what they may begin. */
function Work({ onExample }: { onExample: () => void }) {
  const { t } = useTranslation();
  const { waiting, writing, ...others } = useWork();
  return (
    <>
      {waiting.length > 0 ? (
        <Section title={t("home.waiting")}><ExecutionList executions={waiting} /></Section>
      ) : null}
      {writing.length > 0 ? (
        <Section title={t("home.writing")}><ExecutionList executions={writing} /></Section>
      ) : null}
      <Tasks />
      <Section
        title={t("home.recent")}
        more={(others.all ?? []).length === 0 ? null : <Link to="/history">{t("home.allWork")}</Link>}
      >
        <Recent {...others} onExample={onExample} />
      </Section>
    </>
  );
}

type RecentProps = Pick<ReturnType<typeof useWork>, "all" | "rest" | "recent"> & { onExample: () => void };

function Recent({ all, rest, recent, onExample }: RecentProps) {
  const { t } = useTranslation();
  if (all === undefined) {
    if (recent.error === null) return <ExecutionListSkeleton count={3} />;
    return <ErrorState error={recent.error} onRetry={() => void recent.refetch()} />;
  }
  if (all.length === 0) return <FirstSteps onExample={onExample} />;
  if (rest.length === 0) return <p className={classes.none}>{t("home.allAbove")}</p>;
  return <ExecutionList executions={rest} />;
}

/** A newcomer learns by doing: the example writes a sentence, and the tasks that fit appear. */
function FirstSteps({ onExample }: { onExample: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<IconPencilPlus stroke={1.5} />}
      title={t("home.nothingYet")}
      text={t("home.nothingYetText")}
      action={<Button variant="default" onClick={onExample}>{t("home.tryExample")}</Button>}
    />
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
