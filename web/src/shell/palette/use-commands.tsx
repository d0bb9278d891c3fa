import { useMantineColorScheme } from "@mantine/core";
import {
  IconDeviceDesktop, IconHistory, IconHome, IconKeyboard, IconLanguage, IconLogout, IconMoon, IconPlus,
  IconSettings, IconSun,
} from "@tabler/icons-react";
import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LANGUAGES } from "@/i18n";
import { openHelp } from "../overlays";
import { THEMES } from "../themes";
import { useLanguage, useLogOut } from "../use-person";
import type { PaletteItem } from "./arrange";

export type Command = PaletteItem & { icon: ReactNode; run: () => void };

const THEME_ICONS = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon };

const command = (id: string, label: string, icon: ReactNode, run: () => void, words = ""): Command => ({
  kind: "command", id, label, icon, run, words,
});

/** What can be done from anywhere. */
export function useCommands(): Command[] {
  const { t } = useTranslation();
  const router = useRouter();
  const { language, setLanguage } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useLogOut();
  const go = (to: "/" | "/tasks" | "/history" | "/settings") => () => void router.navigate({ to });
  const looks = THEMES.filter((theme) => theme !== colorScheme).map((theme) => {
    const Icon = THEME_ICONS[theme];
    const label = t("palette.theme", { theme: t(`themes.${theme}`) });
    return command(`theme-${theme}`, label, <Icon stroke={1.5} />, () => setColorScheme(theme), t("shell.theme"));
  });
  const languages = Object.entries(LANGUAGES)
    .filter(([code]) => code !== language)
    .map(([code, name]) =>
      command(`language-${code}`, t("palette.language", { language: name }), <IconLanguage stroke={1.5} />, () => setLanguage(code)),
    );
  return [
    command("new", t("palette.newTask"), <IconPlus stroke={1.5} />, go("/tasks"), t("shell.tasks")),
    command("home", t("shell.home"), <IconHome stroke={1.5} />, go("/")),
    command("history", t("shell.history"), <IconHistory stroke={1.5} />, go("/history")),
    command("settings", t("shell.settings"), <IconSettings stroke={1.5} />, go("/settings"), t("palette.settingsWords")),
    ...looks,
    ...languages,
    command("keyboard", t("shell.keys"), <IconKeyboard stroke={1.5} />, openHelp, "?"),
    command("log-out", t("shell.logOut"), <IconLogout stroke={1.5} />, () => leave.mutate()),
  ];
}
