import { Button } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Execution, VersionItem } from "@/api/types";
import { Popup } from "@/components/Popup";
import { RelativeTime } from "@/components/RelativeTime";
import { useArrowKeys } from "@/components/use-arrow-keys";
import { versionsQuery } from "./queries";
import classes from "./VersionsMenu.module.css";

type Props = { execution: Execution; shownVersion: number | undefined };

/** All versions of the text, newest first, by author and age. */
export function VersionsMenu({ execution, shownVersion }: Props) {
  const { t } = useTranslation();
  const newest = execution.n_versions;
  const shown = shownVersion ?? newest;
  return (
    <Popup
      name={t("versions.title")}
      side="bottom-end"
      buttonClass={classes.button}
      button={
        <>
          <IconHistory aria-hidden="true" size="1.125rem" stroke={1.5} />
          {t("versions.button", { shown, count: newest })}
        </>
      }
    >
      {(close) => <VersionList execution={execution} shown={shown} onChoose={close} />}
    </Popup>
  );
}

type ListProps = { execution: Execution; shown: number; onChoose: () => void };

function VersionList({ execution, shown, onChoose }: ListProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const onKeyDown = useArrowKeys();
  const { data, hasNextPage, fetchNextPage, isError } = useInfiniteQuery(
    versionsQuery(execution.id),
  );
  if (data === undefined) {
    return <p role="status">{t(isError ? "versions.unreachable" : "states.loading")}</p>;
  }
  const show = (index: number) => {
    onChoose();
    void navigate({
      to: "/executions/$executionId",
      params: { executionId: execution.id },
      search: index === execution.n_versions ? {} : { version: index },
    });
  };
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrows move among buttons */}
      <ul className={classes.list} onKeyDown={onKeyDown}>
        {data.pages.flatMap((page) => page.items).map((version) => (
          <li key={version.index}>
            <button
              type="button"
              className={classes.version}
              data-arrow
              data-autofocus={version.index === shown || undefined}
              aria-current={version.index === shown}
              onClick={() => show(version.index)}
            >
              <VersionLine version={version} />
            </button>
          </li>
        ))}
      </ul>
      {hasNextPage ? (
        <Button fullWidth size="xs" variant="subtle" onClick={() => void fetchNextPage()}>
          {t("actions.more")}
        </Button>
      ) : null}
    </>
  );
}

function VersionLine({ version }: { version: VersionItem }) {
  const { t } = useTranslation();
  return (
    <>
      <span className={classes.index}>{t("versions.one", { index: version.index })}</span>
      <span className={classes.cause}>
        {t(version.author === "assistant" ? "versions.byAssistant" : "versions.byYou")} ·{" "}
        <RelativeTime at={version.edited_at} />
      </span>
    </>
  );
}
