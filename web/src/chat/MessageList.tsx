import { Button, Skeleton } from "@mantine/core";
import { useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/types";
import { Markdown } from "@/components/Markdown";
import classes from "./Chat.module.css";
import { MessageBubble, PendingBubble } from "./MessageBubble";
import type { Pending } from "./outbox";

type Props = {
  executionId: string;
  hasText: boolean;
  /** Newest first, as they are fetched. */
  messages: Message[];
  pending: readonly Pending[];
  liveText: string;
  isWriting: boolean;
  onResend: (message: Pending) => void;
  onOlder: (() => void) | undefined;
};

const NEAR_PX = 80;

export function MessageList({
  executionId, hasText, messages, pending, liveText, isWriting, onResend, onOlder,
}: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const shown = messages.filter((message) => message.text !== "" || message.version !== null);
  const stored = new Set(messages.map((message) => message.client_id));
  const underway = pending.filter((message) => !stored.has(message.clientId));
  const isEmpty = shown.length === 0 && underway.length === 0 && liveText === "";

  useLayoutEffect(() => {
    const element = list.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [shown.length, underway.length, liveText, isWriting]);

  return (
    // oxlint-disable jsx-a11y/no-noninteractive-tabindex -- it scrolls
    <div
      ref={list}
      className={classes.list}
      role="log"
      aria-label={t("chat.messages")}
      // The app's own live region says that an answer ended; reading each word as it comes is noise.
      aria-live="off"
      tabIndex={0}
      onScroll={({ currentTarget: at }) => {
        isAtEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_PX;
      }}
    >
      {onOlder === undefined ? null : (
        <Button size="xs" variant="subtle" onClick={onOlder}>{t("chat.older")}</Button>
      )}
      {isEmpty && !isWriting ? <p className={classes.empty}>{t(hasText ? "chat.emptyWithText" : "chat.empty")}</p> : null}
      {shown.toReversed().map((message) => (
        <MessageBubble key={message.id} message={message} executionId={executionId} />
      ))}
      {underway.map((message) => (
        <PendingBubble key={message.clientId} message={message} onResend={() => onResend(message)} />
      ))}
      {liveText === "" ? null : (
        <div className={classes.message} data-sender="assistant">
          <Markdown text={liveText} topHeading={3} isLive />
        </div>
      )}
      {isWriting && liveText === "" ? (
        <p className={classes.writing}>
          <span aria-hidden="true" className={classes.dots}><i /><i /><i /></span>
          {t("chat.writing")}
        </p>
      ) : null}
    </div>
  );
}

export function MessagesSkeleton() {
  const { t } = useTranslation();
  return (
    <div className={classes.list} role="status" aria-label={t("states.loading")}>
      <Skeleton height="3rem" width="80%" />
      <Skeleton height="2rem" width="55%" className={classes.mine} />
    </div>
  );
}
