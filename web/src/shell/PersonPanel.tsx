import { Button, useMantineColorScheme } from "@mantine/core";
import { IconKeyboard, IconLogout, IconSettings } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Person } from "@/api/types";
import { focusFirst } from "@/components/Popup";
import { Segments } from "@/components/Segments";
import { LANGUAGES, type Language } from "@/i18n";
import classes from "./PersonMenu.module.css";
import { openHelp } from "./overlays";
import { THEMES } from "./themes";
import { useLanguage, useLogOut } from "./use-person";

const LANGUAGE_OPTIONS = Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }));

/** What is theirs to choose, one click away; the rest is in the settings. */
export function PersonPanel({ me, onClose }: { me: Person; onClose: () => void }) {
  const { t } = useTranslation();
  const leave = useLogOut();
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => focusFirst(panel.current), []);
  return (
    <div ref={panel} className={classes.panel}>
      <div className={classes.who}>
        <p className={classes.fullName}>{me.name}</p>
        <p className={classes.email}>{me.email}</p>
      </div>
      <LanguageChoice />
      <ThemeChoice />
      <div className={classes.ways}>
        <Link to="/settings" className={classes.way} onClick={onClose}>
          <IconSettings aria-hidden="true" size="1.125rem" stroke={1.5} />
          {t("shell.settings")}
        </Link>
        <button
          type="button"
          className={classes.way}
          onClick={() => {
            onClose();
            openHelp();
          }}
        >
          <IconKeyboard aria-hidden="true" size="1.125rem" stroke={1.5} />
          {t("shell.keys")}
        </button>
      </div>
      <Button
        variant="default"
        leftSection={<IconLogout size="1rem" stroke={1.5} />}
        loading={leave.isPending}
        onClick={() => leave.mutate()}
      >
        {t("shell.logOut")}
      </Button>
    </div>
  );
}

type ChoiceProps = { labelClass?: string | undefined };

/** `labelClass` shows the name as the page around it shows names. */
export function LanguageChoice({ labelClass }: ChoiceProps) {
  const { t } = useTranslation();
  const { language, setLanguage } = useLanguage();
  return (
    <Segments
      label={t("shell.language")}
      labelClass={labelClass}
      value={language}
      options={LANGUAGE_OPTIONS}
      onChange={setLanguage}
    />
  );
}

export function ThemeChoice({ labelClass }: ChoiceProps) {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Segments
      label={t("shell.theme")}
      labelClass={labelClass}
      value={colorScheme}
      options={THEMES.map((value) => ({ value, label: t(`themes.${value}`) }))}
      onChange={setColorScheme}
    />
  );
}
