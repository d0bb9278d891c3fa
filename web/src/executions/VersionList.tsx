import { Button } from "@mantine/core";
import { IconHistory, IconMessageCircle, IconPencil, IconSparkles } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Execution, VersionItem } from "@/api/types";
import { Menu } from "@/components/Menu";
import menu from "@/components/Menu.module.css";
import { RelativeTime } from "@/components/RelativeTime";
import { versionsQuery } from "./queries";
import classes from "./VersionList.module.css";

type ListProps = { execution: Execution; shown: number; onChoose: () => void };

/** The line of time, newest first; it holds the focus while it stands. */
export function VersionList({ execution, shown, onChoose }: ListProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
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
      <Menu>
        {data.pages.flatMap((page) => page.items).map((version) => (
          <li key={version.index} className={classes.version}>
            <button
              type="button"
              className={menu.item}
              data-tall
              data-arrow
              data-autofocus={version.index === shown || undefined}
              aria-current={version.index === shown}
              onClick={() => show(version.index)}
            >
              <VersionLine version={version} isNewest={version.index === execution.n_versions} />
            </button>
          </li>
        ))}
      </Menu>
      {hasNextPage ? (
        <Button fullWidth size="xs" variant="subtle" onClick={() => void fetchNextPage()}>
          {t("actions.more")}
        </Button>
      ) : null}
    </>
  );
}

const ICONS = { answer: IconSparkles, change: IconMessageCircle, edit: IconPencil, restore: IconHistory };

/** A stop on the line of time: what happened, in words, and when. */
function VersionLine({ version, isNewest }: { version: VersionItem; isNewest: boolean }) {
  const { t } = useTranslation();
  const Icon = ICONS[version.cause];
  const cause = t(`versions.cause.${version.cause}`, { index: version.restored_index ?? 0 });
  const ending = version.ending === "whole" ? "" : ` ${t(`versions.ending.${version.ending}`)}`;
  return (
    <>
      <span className={classes.stop} data-author={version.author}>
        <Icon aria-hidden="true" size="1rem" stroke={1.5} />
      </span>
      <span className={classes.words}>
        <span className={classes.index}>
          {t("versions.one", { index: version.index })}
          {isNewest ? <span className={classes.newest}>{t("versions.isNewest")}</span> : null}
        </span>
        <span className={classes.cause}>{cause}{ending} · <RelativeTime at={version.edited_at} /></span>
        {version.title === "" ? null : <span className={classes.title}>{version.title}</span>}
      </span>
    </>
  );
}
