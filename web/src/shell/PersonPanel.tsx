import { Button, type MantineColorScheme, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { IconKeyboard, IconLogout, IconSettings } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Person } from "@/api/types";
import { focusFirst } from "@/components/Popup";
import { LANGUAGES } from "@/i18n";
import classes from "./PersonMenu.module.css";
import { openHelp } from "./overlays";
import { THEMES } from "./themes";
import { useLanguage, useLogOut } from "./use-person";

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

/** `labelClass` shows the name as the page around it shows names. */
export function LanguageChoice({ labelClass = classes.label }: { labelClass?: string | undefined }) {
  const { t } = useTranslation();
  const labelId = useId();
  const { language, setLanguage } = useLanguage();
  return (
    <div className={classes.choice}>
      <span id={labelId} className={labelClass}>{t("shell.language")}</span>
      <SegmentedControl
        aria-labelledby={labelId}
        fullWidth
        value={language}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        onChange={setLanguage}
      />
    </div>
  );
}

export function ThemeChoice({ labelClass = classes.label }: { labelClass?: string | undefined }) {
  const { t } = useTranslation();
  const labelId = useId();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className={classes.choice}>
      <span id={labelId} className={labelClass}>{t("shell.theme")}</span>
      <SegmentedControl
        aria-labelledby={labelId}
        fullWidth
        value={colorScheme}
        data={THEMES.map((value) => ({ value, label: t(`themes.${value}`) }))}
        onChange={(value) => setColorScheme(value as MantineColorScheme)}
      />
    </div>
  );
}
