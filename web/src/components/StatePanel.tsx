import { Button } from "@mantine/core";
import { IconCloudOff, IconMoodEmpty, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, isWorthRetrying } from "@/api/errors";
import { describeError } from "@/api/problem-text";
import classes from "./StatePanel.module.css";

type PanelProps = { icon: ReactNode; title: string; text?: string | undefined; action?: ReactNode };

function Panel({ icon, title, text, action }: PanelProps) {
  return (
    <div className={classes.panel}>
      <span className={classes.icon} aria-hidden="true">{icon}</span>
      <p className={classes.title}>{title}</p>
      {text === undefined ? null : <p className={classes.text}>{text}</p>}
      {action}
    </div>
  );
}

/** Nothing is here yet: says why, and offers the first thing to do. */
export function EmptyState({ icon, ...props }: Partial<PanelProps> & { title: string }) {
  return <Panel icon={icon ?? <IconMoodEmpty stroke={1.5} />} {...props} />;
}

/** Something could not be fetched: what happened, and a way to try again. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  const isOffline = error instanceof ApiError && error.isOffline;
  return (
    <div role="alert">
      <Panel
        icon={<IconCloudOff stroke={1.5} />}
        title={t(isOffline ? "states.offlineTitle" : "states.errorTitle")}
        text={describeError(t, error)}
        action={isWorthRetrying(error) ? <RetryButton onRetry={onRetry} /> : null}
      />
    </div>
  );
}

function RetryButton({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  const icon = <IconRefresh aria-hidden="true" size="1rem" stroke={1.5} />;
  return (
    <Button variant="default" leftSection={icon} onClick={onRetry}>{t("actions.retry")}</Button>
  );
}
