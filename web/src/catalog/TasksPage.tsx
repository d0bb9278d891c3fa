import { useQuery } from "@tanstack/react-query";
import { Outlet, useNavigate, useSearch } from "@tanstack/react-router";
import { IconSearchOff, IconSparkles } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { PageHead } from "@/components/PageHead";
import { SearchField } from "@/components/SearchField";
import { EmptyState, ErrorState } from "@/components/StatePanel";
import { TaskGrid, TaskGridSkeleton } from "./TaskGrid";
import { recentFirst, tasksQuery } from "./queries";

/** What the assistant can do for this person: search first, then cards. */
export function TasksPage() {
  const { t } = useTranslation();
  const { q = "" } = useSearch({ from: "/inside/tasks" });
  const navigate = useNavigate();
  useEffect(() => {
    // The code of the form comes while the cards are read: it is what is opened next.
    void import("./TaskSheet").catch(() => undefined);
  }, []);
  return (
    <>
      <PageHead title={t("tasks.title")} lead={t("tasks.lead")}>
        <SearchField
          label={t("tasks.search")}
          value={q}
          // "." keeps an open form open: the pause of typing may end after it was opened.
          onSearch={(text) =>
            void navigate({ to: ".", search: text === "" ? {} : { q: text }, replace: true })
          }
        />
      </PageHead>
      <TaskList q={q} />
      <Outlet />
    </>
  );
}

function TaskList({ q }: { q: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(tasksQuery(q));
  if (data !== undefined && data.items.length > 0) {
    return <TaskGrid tasks={recentFirst(data.items)} />;
  }
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <TaskGridSkeleton />;
  if (q !== "") {
    return (
      <EmptyState
        icon={<IconSearchOff stroke={1.5} />}
        title={t("tasks.nothingFound", { q })}
        text={t("tasks.nothingFoundText")}
      />
    );
  }
  return (
    <EmptyState icon={<IconSparkles stroke={1.5} />} title={t("tasks.none")} text={t("tasks.noneText")} />
  );
}
