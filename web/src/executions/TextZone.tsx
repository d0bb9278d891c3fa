import { Button } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { lazy, type MouseEvent, type RefObject, Suspense, useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Execution } from "@/api/types";
import { Markdown } from "@/components/Markdown";
import { PageTitle } from "@/components/PageTitle";
import { readDraft } from "@/components/drafts";
import { DemoNotice } from "@/shell/DemoNotice";
import { draftName, isEditDraft } from "./edit-draft";
import { EarlyKeys, useEarlyKeys } from "./EarlyKeys";
import { EndingNotice } from "./EndingNotice";
import classes from "./ExecutionPage.module.css";
import { TextSkeleton } from "./ExecutionSkeleton";
import { FailedNotice } from "./FailedNotice";
import { InputsFold } from "./InputsFold";
import { LiveQuestion, QuestionCard } from "./QuestionCard";
import { TextActions } from "./TextActions";
import type { EditStart } from "./TextEditor";
import { useFollowEnd } from "./use-follow-end";
import { placeAt } from "./word-place";
import type { Work } from "./work";

const loadEditor = () => import("./TextEditor");
// The editor's code comes when somebody is about to write.
const TextEditor = lazy(() => loadEditor().then((module) => ({ default: module.TextEditor })));

type Props = {
  execution: Execution;
  work: Work;
  /** What the assistant is saying in the conversation at this moment. */
  message: string;
  editing: EditStart | null;
  onEdit: (start: EditStart | null) => void;
};

export const startOfEdit: EditStart = { at: null, isTitle: false };

/** Whether somebody writes; words that were typed and not saved open the editor again. */
export function useEditStart(executionId: string) {
  return useState<EditStart | null>(() =>
    readDraft(draftName(executionId), isEditDraft) === null ? null : startOfEdit,
  );
}

/** The text, as it is written, read or edited. */
export function TextZone(props: Props) {
  const { execution, work, editing, onEdit } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const follow = useFollowEnd(scroller, work.isPageLive, work.body?.length ?? 0);
  const { text } = execution;
  const canEdit = text !== null && work.state !== "writing";
  const close = useCallback(() => {
    onEdit(null);
    // The button that opened the editor is there again and has the focus.
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>("[data-edit]")?.focus());
  }, [onEdit]);
  const isEditing = editing !== null && canEdit;
  const early = useEarlyKeys(isEditing);
  const page = <ReadPage {...props} canEdit={canEdit} />;
  return (
    <div ref={scroller} className={classes.scroller}>
      <div className={classes.page}>
        {early.isOpen ? <EarlyKeys onType={early.keep} onEscape={close} /> : null}
        {isEditing ? (
          <Suspense fallback={page}>
            <TextEditor
              execution={execution}
              text={text}
              start={editing}
              takeEarly={early.take}
              onClose={close}
            />
          </Suspense>
        ) : page}
      </div>
      {follow.isAway ? <JumpChip onJump={follow.jump} /> : null}
    </div>
  );
}

/** A click on words begins to write there; on a link, in a selection or by touch it does not. */
function useClickToWrite(canEdit: boolean, onEdit: Props["onEdit"]) {
  return (event: MouseEvent<HTMLElement>, isTitle: boolean): void => {
    const isTouch = (event.nativeEvent as PointerEvent).pointerType !== "mouse";
    const isOther = (event.target as Element).closest("a, button, summary, input") !== null;
    if (!canEdit || isTouch || isOther || window.getSelection()?.isCollapsed === false) return;
    onEdit({ at: placeAt(event.currentTarget, event.clientX, event.clientY), isTitle });
  };
}

function ReadPage({ execution, work, message, onEdit, canEdit }: Props & { canEdit: boolean }) {
  const article = useRef<HTMLElement>(null);
  const click = useClickToWrite(canEdit, onEdit);
  const { text } = execution;
  return (
    <>
      <div className={classes.bar} data-noprint>
        {canEdit && text !== null ? (
          <TextActions
            article={article}
            title={work.title}
            body={text.body}
            onAim={() => void loadEditor()}
            onEdit={() => onEdit(startOfEdit)}
          />
        ) : null}
      </div>
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- by keyboard, the button */}
      <div data-writable={canEdit} onClick={(event) => click(event, true)} onPointerEnter={canEdit ? () => void loadEditor() : undefined}>
        <PageTitle className={classes.title} documentTitle={execution.title ?? work.title}>
          {work.title}
        </PageTitle>
      </div>
      <InputsFold inputs={execution.inputs} />
      <PageNotices execution={execution} work={work} message={message} />
      <Article article={article} work={work} canEdit={canEdit} onClick={(event) => click(event, false)} />
      {canEdit && text !== null ? (
        <div className={classes.foot} data-noprint>
          <EndingNotice execution={execution} text={text} />
          {text.author === "assistant" ? <DemoNotice place="text" /> : null}
        </div>
      ) : null}
    </>
  );
}

type ArticleProps = {
  article: RefObject<HTMLElement | null>;
  work: Work;
  canEdit: boolean;
  onClick: (event: MouseEvent<HTMLElement>) => void;
};

function Article({ article, work, canEdit, onClick }: ArticleProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- by keyboard, the button
    <article
      ref={article}
      className={classes.text}
      aria-busy={work.isPageLive}
      data-text
      data-writable={canEdit}
      onClick={onClick}
    >
      {work.body === null ? null : <Markdown text={work.body} isLive={work.isPageLive} />}
    </article>
  );
}

type NoticesProps = Pick<Props, "execution" | "work" | "message">;

/** What stands between the title and the text: a question, a failure, the first wait. */
function PageNotices({ execution, work, message }: NoticesProps) {
  const { t } = useTranslation();
  if (work.question !== null) {
    return <QuestionCard key={work.question} sessionId={execution.session_id} question={work.question} />;
  }
  if (work.failure !== null || (work.state === "stopped" && work.body === null)) {
    return <FailedNotice execution={execution} turnId={work.turnId} reason={work.failure} />;
  }
  if (work.waiting !== null) {
    return <div className={classes.notice} data-tone="warning" role="status"><p>{work.waiting}</p></div>;
  }
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
