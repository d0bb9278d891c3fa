import { Button } from "@mantine/core";
import { IconRefresh, IconWifiOff } from "@tabler/icons-react";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { type ReactNode, use, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import classes from "./FullPage.module.css";
import { InsideShell } from "./inside-shell";
import { Mark } from "./Mark";
import { PageTitle } from "./PageTitle";
import { ErrorState } from "./StatePanel";
import { useReturn } from "./use-return";

/** A page that could not start, most often because the server did not answer. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = useCallback(() => {
    reset();
    void router.invalidate();
  }, [reset, router]);
  const isAway = error instanceof ApiError && error.isOffline;
  return isAway ? <AwayPage onRetry={retry} /> : <BrokenPage error={error} onRetry={retry} />;
}

function Landmark({ children }: { children: ReactNode }) {
  return use(InsideShell) ? children : <main>{children}</main>;
}

function BrokenPage({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <Landmark>
      <div className="only-read-aloud"><PageTitle>{t("states.errorTitle")}</PageTitle></div>
      <ErrorState error={error} onRetry={onRetry} />
    </Landmark>
  );
}

/** A page that this browser never loaded, and cannot load now. It opens by itself later. */
function AwayPage({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  const isInside = use(InsideShell);
  const isOffline = !navigator.onLine;
  useReturn(onRetry);
  return (
    <Landmark>
      <div className={classes.page}>
        {isInside ? <IconWifiOff aria-hidden="true" className={classes.icon} stroke={1.5} /> : <Mark />}
        <PageTitle className={classes.title}>
          {t(isOffline ? "connection.offlineTitle" : "connection.awayTitle")}
        </PageTitle>
        <p className={classes.text}>{t("connection.notLoaded")}</p>
        <Button
          variant="default"
          leftSection={<IconRefresh aria-hidden="true" size="1rem" stroke={1.5} />}
          onClick={onRetry}
        >
          {t("actions.retry")}
        </Button>
      </div>
    </Landmark>
  );
}
