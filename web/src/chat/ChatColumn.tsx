import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Execution } from "@/api/types";
import { ErrorState } from "@/components/StatePanel";
import type { Work } from "@/executions/work";
import type { LiveState } from "@/realtime/live-turn";
import classes from "./Chat.module.css";
import { Composer } from "./Composer";
import { MessageList, MessagesSkeleton } from "./MessageList";
import { useOutbox } from "./outbox";
import { messagesQuery } from "./queries";

type Props = { execution: Execution; live: LiveState | null; work: Work };

function promptFor(execution: Execution, work: Work) {
  if (work.state === "asking") return "question.answer";
  return execution.text === null ? "chat.say" : "chat.placeholder";
}

/** The conversation around a piece of work. */
export function ChatColumn({ execution, live, work }: Props) {
  const { t } = useTranslation();
  const isWriting = work.state === "writing";
  const isOver = execution.text !== null && !execution.is_result_chat_enabled;
  const { send } = useOutbox(execution.session_id);
  return (
    <div className={classes.column}>
      <Messages
        execution={execution}
        liveText={isWriting ? (live?.turn?.texts.message ?? "") : ""}
        isWriting={isWriting && work.waiting === null}
      />
      <div className={classes.composer}>
        {isOver ? (
          <p className={classes.note}>{t("chat.off")}</p>
        ) : (
          <Composer
            key={execution.session_id}
            draftName={`chat.${execution.session_id}`}
            label={t(promptFor(execution, work))}
            hint={isWriting ? t("chat.busy") : undefined}
            onSend={send}
          />
        )}
      </div>
    </div>
  );
}

type MessagesProps = { execution: Execution; liveText: string; isWriting: boolean };

function Messages({ execution, liveText, isWriting }: MessagesProps) {
  const sessionId = execution.session_id;
  const outbox = useOutbox(sessionId);
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(
    messagesQuery(sessionId),
  );
  if (data !== undefined) {
    return (
      <MessageList
        executionId={execution.id}
        hasText={execution.text !== null}
        messages={data.pages.flatMap((page) => page.items)}
        pending={outbox.messages}
        liveText={liveText}
        isWriting={isWriting}
        onResend={outbox.resend}
        onOlder={hasNextPage ? () => void fetchNextPage() : undefined}
      />
    );
  }
  if (error === null) return <MessagesSkeleton />;
  return (
    <div className={classes.fill}>
      <ErrorState error={error} onRetry={() => void refetch()} />
    </div>
  );
}
