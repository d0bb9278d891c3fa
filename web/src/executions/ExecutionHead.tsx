import { ActionIcon, Button } from "@mantine/core";
import { IconMessageCircle, IconPlayerStopFilled } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import type { Execution } from "@/api/types";
import { StateChip } from "@/components/StateChip";
import { TaskIcon } from "@/components/TaskIcon";
import { Tip } from "@/components/Tip";
import { showProblem } from "@/components/toasts";
import classes from "./ExecutionPage.module.css";
import { MoreMenu } from "./MoreMenu";
import { useTurnActions } from "./use-work";
import { VersionsMenu } from "./VersionsMenu";
import type { Work } from "./work";

type Props = {
  execution: Execution;
  work: Work;
  shownVersion: number | undefined;
  isChatOpen: boolean;
  onToggleChat: () => void;
  onRename: (() => void) | null;
};

/** Above the page: which task, its state in a word, stop, versions, conversation. */
export function ExecutionHead({ execution, work, shownVersion, isChatOpen, onToggleChat, onRename }: Props) {
  const { t } = useTranslation();
  const chatName = t(isChatOpen ? "chat.hide" : "chat.show");
  return (
    <div className={classes.head} data-noprint>
      <div className={classes.where}>
        <StateChip state={work.waiting === null ? work.state : "waiting"} />
        <span className={`${classes.task} ${classes.wideOnly}`}>
          <TaskIcon {...execution.task} /> {execution.task.name}
        </span>
      </div>
      <div className={classes.tools}>
        {work.state === "writing" && work.turnId !== null ? (
          <StopButton executionId={execution.id} turnId={work.turnId} />
        ) : null}
        {execution.n_versions > 0 ? (
          <VersionsMenu execution={execution} shownVersion={shownVersion} />
        ) : null}
        <MoreMenu execution={execution} title={work.title} onRename={onRename} />
        <Tip label={chatName}>
          <ActionIcon
            size="lg"
            aria-label={chatName}
            aria-expanded={isChatOpen}
            variant={isChatOpen ? "light" : "subtle"}
            onClick={onToggleChat}
          >
            <IconMessageCircle size="1.25rem" stroke={1.5} />
          </ActionIcon>
        </Tip>
      </div>
    </div>
  );
}

function StopButton({ executionId, turnId }: { executionId: string; turnId: string }) {
  const { t } = useTranslation();
  const { stop } = useTurnActions(executionId);
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconPlayerStopFilled aria-hidden="true" size="0.875rem" />}
      loading={stop.isPending}
      onClick={() =>
        stop.mutate(turnId, {
          onError: (error) => showProblem(describeError(t, error)),
        })
      }
    >
      {t("actions.stop")}
    </Button>
  );
}
