import { Button } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Execution } from "@/api/types";
import { Markdown } from "@/components/Markdown";
import { PageTitle } from "@/components/PageTitle";
import { readDraft } from "@/components/drafts";
import { DemoNotice } from "@/shell/DemoNotice";
import { draftName, isEditDraft } from "./edit-draft";
import classes from "./ExecutionPage.module.css";
import { TextSkeleton } from "./ExecutionSkeleton";
import { FailedNotice } from "./FailedNotice";
import { InputsFold } from "./InputsFold";
import { LiveQuestion, QuestionCard } from "./QuestionCard";
import { TextActions } from "./TextActions";
import { TextEditor } from "./TextEditor";
import { useFollowEnd } from "./use-follow-end";
import type { Work } from "./work";

type Props = {
  execution: Execution;
  work: Work;
  /** What the assistant is saying in the conversation at this moment. */
  message: string;
};

/** The text, as it is written, read or edited. */
export function TextZone({ execution, work, message }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const article = useRef<HTMLElement>(null);
  // Words that were typed and not saved open the editor again.
  const [isEditing, setEditing] = useState(
    () => readDraft(draftName(execution.id), isEditDraft) !== null,
  );
  const follow = useFollowEnd(scroller, work.isPageLive, work.body?.length ?? 0);
  const { text } = execution;
  const canEdit = text !== null && work.state !== "writing";

  if (isEditing && canEdit) {
    return <TextEditor execution={execution} text={text} onClose={() => setEditing(false)} />;
  }
  return (
    <div ref={scroller} className={classes.scroller}>
      <div className={classes.page}>
        <PageTitle className={classes.title} documentTitle={execution.title ?? work.title}>
          {work.title}
        </PageTitle>
        {canEdit ? (
          <TextActions article={article} title={work.title} body={text.body} onEdit={() => setEditing(true)} />
        ) : null}
        <InputsFold inputs={execution.inputs} />
        <PageNotices execution={execution} work={work} message={message} />
        <article ref={article} className={classes.text} aria-busy={work.isPageLive}>
          {work.body === null ? null : <Markdown text={work.body} isLive={work.isPageLive} />}
        </article>
        {canEdit && text.author === "assistant" ? (
          <div className={classes.foot}><DemoNotice place="text" /></div>
        ) : null}
      </div>
      {follow.isAway ? <JumpChip onJump={follow.jump} /> : null}
    </div>
  );
}

/** What stands between the title and the text: a question, a failure, the first wait. */
function PageNotices({ execution, work, message }: Props) {
  const { t } = useTranslation();
  if (work.question !== null) {
    return (
      <QuestionCard
        key={work.question}
        sessionId={execution.session_id}
        question={work.question}
      />
    );
  }
  if (work.failure !== null) {
    return <FailedNotice execution={execution} turnId={work.turnId} reason={work.failure} />;
  }
  if (work.waiting !== null) return <p className={classes.waitingWord} role="status">{work.waiting}</p>;
  if (work.state !== "writing" || work.body !== null) return null;
  if (message !== "") return <LiveQuestion text={message} />;
  return (
    <div className={classes.waiting} role="status">
      <p className={classes.waitingWord}>{t("execution.preparing")}</p>
      <TextSkeleton />
    </div>
  );
}

function JumpChip({ onJump }: { onJump: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={classes.jump}>
      <Button
        size="xs"
        radius="xl"
        leftSection={<IconArrowDown aria-hidden="true" size="1rem" stroke={1.5} />}
        onClick={onJump}
      >
        {t("execution.jump")}
      </Button>
    </div>
  );
}
