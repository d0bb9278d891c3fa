import { Button } from "@mantine/core";
import { IconHelpCircle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Composer } from "@/chat/Composer";
import { useOutbox } from "@/chat/outbox";
import { Markdown } from "@/components/Markdown";
import classes from "./QuestionCard.module.css";

type Props = { sessionId: string; question: string };

/** What the assistant waits for stands above the page until it is answered, here or in the chat. */
export function QuestionCard({ sessionId, question }: Props) {
  const { t } = useTranslation();
  const { send } = useOutbox(sessionId);
  const [isOpen, setOpen] = useState(true);
  return (
    <section className={classes.card} aria-label={t("question.title")}>
      <p className={classes.title}>
        <IconHelpCircle aria-hidden="true" size="1.25rem" stroke={1.5} />
        {t("question.title")}
      </p>
      <div className={classes.question}><Markdown text={question} topHeading={3} /></div>
      {isOpen ? (
        <Composer
          draftName={`question.${sessionId}`}
          label={t("question.answer")}
          onSend={(text) => {
            setOpen(false);
            send(text);
          }}
        />
      ) : (
        <Button size="xs" variant="subtle" onClick={() => setOpen(true)}>{t("question.again")}</Button>
      )}
    </section>
  );
}

/** The question while it is being asked. */
export function LiveQuestion({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <section className={classes.card} aria-label={t("question.title")} aria-busy="true">
      <p className={classes.title}>
        <IconHelpCircle aria-hidden="true" size="1.25rem" stroke={1.5} />
        {t("question.title")}
      </p>
      <div className={classes.question}><Markdown text={text} topHeading={3} isLive /></div>
    </section>
  );
}
