import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { Execution } from "@/api/types";
import { ChatColumn } from "@/chat/ChatColumn";
import { NothingHere } from "@/components/NotFoundPage";
import { PageTitle } from "@/components/PageTitle";
import { Sheet } from "@/components/Sheet";
import { ErrorState } from "@/components/StatePanel";
import type { LiveState } from "@/realtime/live-turn";
import { ExecutionHead } from "./ExecutionHead";
import classes from "./ExecutionPage.module.css";
import { ExecutionSkeleton } from "./ExecutionSkeleton";
import { OldVersion } from "./OldVersion";
import { TextZone } from "./TextZone";
import { useWork } from "./use-work";
import type { Work } from "./work";

export function ExecutionPage() {
  const { executionId } = useParams({ from: "/inside/executions/$executionId" });
  const { execution, live, work, error, refetch } = useWork(executionId);
  // Also when it was there before: somebody deleted it on another device.
  if (error instanceof ApiError && error.status === 404) return <NothingHere />;
  if (execution !== undefined && work !== null) {
    return <Zones key={executionId} execution={execution} live={live} work={work} />;
  }
  if (error === null) return <ExecutionSkeleton />;
  return <NotLoaded error={error} onRetry={() => void refetch()} />;
}

function NotLoaded({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <div className="only-read-aloud"><PageTitle>{t("states.errorTitle")}</PageTitle></div>
      <ErrorState error={error} onRetry={onRetry} />
    </>
  );
}

type ZonesProps = { execution: Execution; live: LiveState | null; work: Work };

/** The page being written in the middle, the conversation beside it (a sheet on phones). */
function Zones({ execution, live, work }: ZonesProps) {
  const { t } = useTranslation();
  const { version } = useSearch({ from: "/inside/executions/$executionId" });
  const isPhone = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false });
  const [isColumnOpen, setColumnOpen] = useLocalStorage({
    key: "mojodex.chat-open",
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  const [isSheetOpen, setSheetOpen] = useState(false);
  const isChatOpen = isPhone ? isSheetOpen : isColumnOpen;
  const setChatOpen = isPhone ? setSheetOpen : setColumnOpen;
  const isOldVersion = version !== undefined && version < execution.n_versions;
  const chat = <ChatColumn execution={execution} live={live} work={work} />;
  return (
    <div className={classes.zones} data-zones>
      <div className={classes.middle}>
        <ExecutionHead
          execution={execution}
          work={work}
          shownVersion={version}
          isChatOpen={isChatOpen}
          onToggleChat={() => setChatOpen(!isChatOpen)}
        />
        {isOldVersion ? (
          <OldVersion execution={execution} index={version} />
        ) : (
          <TextZone execution={execution} work={work} message={live?.turn?.texts.message ?? ""} />
        )}
      </div>
      {isColumnOpen && !isPhone ? (
        <aside id="conversation" aria-label={t("chat.title")} className={classes.chat}>{chat}</aside>
      ) : null}
      {isPhone && isSheetOpen ? (
        <Sheet side="bottom" title={t("chat.title")} isFilled onClose={() => setSheetOpen(false)}>
          {chat}
        </Sheet>
      ) : null}
    </div>
  );
}
