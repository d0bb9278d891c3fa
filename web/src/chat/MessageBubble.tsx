import { Button } from "@mantine/core";
import { IconFileText } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import type { Message } from "@/api/types";
import { Markdown } from "@/components/Markdown";
import { RelativeTime } from "@/components/RelativeTime";
import classes from "./Chat.module.css";
import type { Pending } from "./outbox";

type Props = { message: Message; executionId: string };

/** One message. A delivered text stands on the page, so its message only leads to the version. */
export function MessageBubble({ message, executionId }: Props) {
  const { t } = useTranslation();
  const isMine = message.sender === "user";
  const { version } = message;
  return (
    <div className={classes.message} data-sender={message.sender} data-failed={message.is_failed}>
      <span className="only-read-aloud">{t(`chat.from.${message.sender}`)}</span>
      {isMine ? <p className={classes.plain}>{message.text}</p> : null}
      {!isMine && version === null ? <Markdown text={message.text} topHeading={3} /> : null}
      {version === null ? null : (
        <Link
          to="/executions/$executionId"
          params={{ executionId }}
          search={{ version: version.index }}
          className={classes.wrote}
        >
          <IconFileText aria-hidden="true" size="1rem" stroke={1.5} />
          {t("chat.wrote", { index: version.index, title: version.title })}
        </Link>
      )}
      {message.is_history_trimmed ? <p className={classes.trimmed}>{t("chat.trimmed")}</p> : null}
      <p className={classes.when}><RelativeTime at={message.written_at} /></p>
    </div>
  );
}

/** A message on its way, or one that did not arrive. */
export function PendingBubble({ message, onResend }: { message: Pending; onResend: () => void }) {
  const { t } = useTranslation();
  const isFailed = message.error !== null;
  return (
    <div className={classes.message} data-sender="user" data-failed={isFailed}>
      <p className={classes.plain}>{message.text}</p>
      {isFailed ? (
        <div role="alert" className={classes.unsent}>
          <p>{describeError(t, message.error)}</p>
          <Button size="xs" variant="default" onClick={onResend}>{t("chat.resend")}</Button>
        </div>
      ) : (
        <p className={classes.when}>{t("chat.sending")}</p>
      )}
    </div>
  );
}
