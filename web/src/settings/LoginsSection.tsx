import { Button, Skeleton } from "@mantine/core";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { describeError } from "@/api/problem-text";
import type { Login } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { ErrorState } from "@/components/StatePanel";
import { showProblem, showToast } from "@/components/toasts";
import { readAgent } from "./agents";
import { loginsQuery } from "./queries";
import { Section } from "./Section";
import classes from "./Settings.module.css";

/** Where the person is logged in, and the way to end it. */
export function LoginsSection() {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  const { data, error, refetch, ...next } = useInfiniteQuery(loginsQuery);
  const logins = data?.pages.flatMap((page) => page.items) ?? [];
  // The row that is ended goes; the focus stays in the list.
  const end = useEnd(() => list.current?.focus());
  return (
    <Section title={t("settings.logins")} text={t("settings.loginsText")}>
      {data === undefined && error === null ? <LoginsSkeleton /> : null}
      {data === undefined && error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : null}
      <ul ref={list} tabIndex={-1} className={classes.logins} aria-label={t("settings.logins")}>
        {logins.map((login) => (
          <li key={login.id} className={classes.login}>
            <LoginRow login={login} isEnding={end.isPending} onEnd={() => end.mutate(login)} />
          </li>
        ))}
      </ul>
      <div className={classes.row}>
        {next.hasNextPage ? (
          <Button variant="default" loading={next.isFetchingNextPage} onClick={() => void next.fetchNextPage()}>
            {t("actions.more")}
          </Button>
        ) : null}
        {logins.some((login) => !login.is_current) ? (
          <Button variant="default" loading={end.isPending && end.variables === null} onClick={() => end.mutate(null)}>
            {t("settings.endOthers")}
          </Button>
        ) : null}
      </div>
    </Section>
  );
}

type RowProps = { login: Login; isEnding: boolean; onEnd: () => void };

function LoginRow({ login, isEnding, onEnd }: RowProps) {
  const { t } = useTranslation();
  const name = useAgentName()(login.client);
  const Icon = readAgent(login.client).isPhone ? IconDeviceMobile : IconDeviceDesktop;
  return (
    <>
      <Icon aria-hidden="true" size="1.25rem" stroke={1.5} />
      <span className={classes.grow}>
        <span className={classes.toggleName} title={login.client}>{name}</span>
        <span className={classes.text}>
          {login.is_current ? (
            <strong className={classes.here}>{t("settings.thisOne")}</strong>
          ) : (
            <>{t("settings.lastUsed")} <RelativeTime at={login.last_seen_at ?? login.created_at} /></>
          )}
        </span>
      </span>
      {login.is_current ? null : (
        <Button
          variant="subtle"
          color="gray"
          disabled={isEnding}
          aria-label={t("settings.endOne", { name })}
          onClick={onEnd}
        >
          {t("shell.logOut")}
        </Button>
      )}
    </>
  );
}

function useAgentName() {
  const { t } = useTranslation();
  return (client: string) => {
    const { program, system } = readAgent(client);
    if (program === "" || program === "unknown") return t("settings.unknownAgent");
    return system === null ? program : t("settings.agent", { program, system });
  };
}

function useEnd(onEnded: () => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const nameOf = useAgentName();
  return useMutation({
    /** One log-in, or null for all others. */
    mutationFn: (login: Login | null) =>
      login === null
        ? ask(api.DELETE("/logins/others"))
        : ask(api.DELETE("/logins/{login_id}", { params: { path: { login_id: login.id } } })),
    onSuccess: async (_, login) => {
      const words = login === null ? t("settings.endedOthers") : t("settings.ended", { name: nameOf(login.client) });
      await client.invalidateQueries({ queryKey: keys.logins });
      onEnded();
      showToast({ id: "logins", words, tone: "plain" });
    },
    onError: (error) => showProblem(describeError(t, error)),
  });
}

function LoginsSkeleton() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("states.loading")}>
      <Skeleton height="2.5rem" mb="sm" />
      <Skeleton height="2.5rem" />
    </div>
  );
}
