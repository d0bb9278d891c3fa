import { ActionIcon } from "@mantine/core";
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Mark } from "@/components/Mark";
import { Tip } from "@/components/Tip";
import { commandKey } from "@/components/typing";
import { DemoNotice } from "./DemoNotice";
import { openPalette } from "./overlays";
import { PersonMenu } from "./PersonMenu";
import { PLACES } from "./places";
import classes from "./Rail.module.css";

type Props = { isNarrow: boolean; onToggle: () => void };

export function Rail({ isNarrow, onToggle }: Props) {
  const { t } = useTranslation();
  const toggleName = t(isNarrow ? "shell.widen" : "shell.narrow");
  const ToggleIcon = isNarrow ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <header className={classes.rail} data-narrow={isNarrow}>
      <div className={classes.top}>
        <span className={classes.brand}>
          <Mark />
          <span className={classes.word}>Mojodex</span>
        </span>
        <Tip label={toggleName} side="right">
          <ActionIcon aria-label={toggleName} aria-expanded={!isNarrow} onClick={onToggle}>
            <ToggleIcon size="1.125rem" stroke={1.5} />
          </ActionIcon>
        </Tip>
      </div>
      <Tip label={t("shell.search")} side="right" isOff={!isNarrow}>
        <button
          type="button"
          className={classes.search}
          // Beside the word, a name of its own would leave out the keys that are seen.
          aria-label={isNarrow ? t("shell.search") : undefined}
          aria-haspopup="dialog"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={openPalette}
        >
          <IconSearch aria-hidden="true" size="1.125rem" stroke={1.5} />
          <span className={classes.word}>{t("shell.search")}</span>
          <span className={classes.keys} aria-hidden="true" data-keys={`${commandKey(navigator.platform)} K`} />
        </button>
      </Tip>
      <nav aria-label={t("shell.places")} className={classes.places}>
        {PLACES.map(({ to, name, Icon, isExact }) => (
          <Tip key={to} label={t(name)} side="right" isOff={!isNarrow}>
            <Link to={to} activeOptions={{ exact: isExact }} className={classes.place} aria-label={t(name)}>
              <Icon aria-hidden="true" size="1.25rem" stroke={1.5} />
              <span className={classes.word}>{t(name)}</span>
            </Link>
          </Tip>
        ))}
      </nav>
      <div className={classes.bottom}>
        <DemoNotice place={isNarrow ? "narrow rail" : "rail"} />
        <PersonMenu isNarrow={isNarrow} />
      </div>
    </header>
  );
}
