import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { useParams, useSearch } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { Execution } from "@/api/types";
import { NothingHere } from "@/components/NotFoundPage";
import { PageTitle } from "@/components/PageTitle";
import { Sheet } from "@/components/Sheet";
import { ErrorState } from "@/components/StatePanel";
import type { LiveState } from "@/realtime/live-turn";
import { ExecutionHead } from "./ExecutionHead";
import classes from "./ExecutionPage.module.css";
import { ExecutionSkeleton } from "./ExecutionSkeleton";
import { TextZone, useEditStart } from "./TextZone";
import { useWork } from "./use-work";
import type { Work } from "./work";

const loadChat = () => import("@/chat/ChatColumn");
const ChatColumn = lazy(() => loadChat().then((module) => ({ default: module.ChatColumn })));
const OldVersion = lazy(() => import("./OldVersion").then((module) => ({ default: module.OldVersion })));

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

/** The title is edited with the text that it stands over. */
const canRename = (execution: Execution, work: Work, version: number | undefined) =>
  execution.text !== null && work.state !== "writing" && version === undefined;

type ZonesProps = { execution: Execution; live: LiveState | null; work: Work };

/** The page being written in the middle, the conversation beside it (a sheet on phones). */
function Zones({ execution, live, work }: ZonesProps) {
  const { version } = useSearch({ from: "/inside/executions/$executionId" });
  const [editing, setEditing] = useEditStart(execution.id);
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
  // Before anybody opens it on a phone, so that its sheet is never empty.
  useEffect(() => void loadChat().catch(() => undefined), []);
  return (
    <div className={classes.zones} data-zones>
      <div className={classes.middle}>
        <ExecutionHead
          execution={execution}
          work={work}
          shownVersion={version}
          onRename={canRename(execution, work, version) ? () => setEditing({ at: null, isTitle: true }) : null}
          isChatOpen={isChatOpen}
          onToggleChat={() => setChatOpen(!isChatOpen)}
        />
        {isOldVersion ? (
          <Suspense fallback={<div className={classes.scroller} />}>
            <OldVersion key={version} execution={execution} index={version} />
          </Suspense>
        ) : (
          <TextZone
            execution={execution}
            work={work}
            message={live?.turn?.texts.message ?? ""}
            editing={editing}
            onEdit={setEditing}
          />
        )}
      </div>
      <Conversation isPhone={isPhone} isOpen={isChatOpen} onClose={() => setSheetOpen(false)}>
        <Suspense>
          <ChatColumn execution={execution} live={live} work={work} />
        </Suspense>
      </Conversation>
    </div>
  );
}

type ConversationProps = { isPhone: boolean; isOpen: boolean; onClose: () => void; children: ReactNode };

function Conversation({ isPhone, isOpen, onClose, children }: ConversationProps) {
  const { t } = useTranslation();
  if (!isOpen) return null;
  if (!isPhone) {
    return <aside id="conversation" aria-label={t("chat.title")} className={classes.chat}>{children}</aside>;
  }
  return <Sheet side="bottom" title={t("chat.title")} isFilled onClose={onClose}>{children}</Sheet>;
}
