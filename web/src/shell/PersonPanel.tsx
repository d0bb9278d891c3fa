import { Button, type MantineColorScheme, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { describeError } from "@/api/problem-text";
import type { Person } from "@/api/types";
import { forgetDrafts } from "@/components/drafts";
import { showProblem } from "@/components/toasts";
import { LANGUAGES, matchLanguage, speak } from "@/i18n";
import classes from "./PersonMenu.module.css";

const THEMES: MantineColorScheme[] = ["auto", "light", "dark"];

export function PersonPanel({ me }: { me: Person }) {
  const { t } = useTranslation();
  return (
    <div className={classes.panel}>
      <div className={classes.who}>
        <p className={classes.fullName}>{me.name}</p>
        <p className={classes.email}>{me.email}</p>
      </div>
      <LanguageChoice me={me} />
      <ThemeChoice />
      <LogOut label={t("shell.logOut")} />
    </div>
  );
}

function LanguageChoice({ me }: { me: Person }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const labelId = useId();
  const change = useMutation({
    mutationFn: (language: string) => ask(api.PATCH("/me", { body: { language } })),
    onMutate: (language) => speak(language),
    onSuccess: (person) => {
      client.setQueryData(keys.me, person);
      // Tasks and their forms come in the person's language.
      void client.invalidateQueries({ queryKey: keys.allTasks });
      void client.invalidateQueries({ queryKey: ["task"] });
    },
    onError: (error) => {
      void speak(me.language);
      showProblem(describeError(t, error));
    },
  });
  return (
    <div className={classes.choice}>
      <span id={labelId} className={classes.label}>{t("shell.language")}</span>
      <SegmentedControl
        aria-labelledby={labelId}
        fullWidth
        value={matchLanguage(change.variables ?? me.language)}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        onChange={(language) => change.mutate(language)}
      />
    </div>
  );
}

function ThemeChoice() {
  const { t } = useTranslation();
  const labelId = useId();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className={classes.choice}>
      <span id={labelId} className={classes.label}>{t("shell.theme")}</span>
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

function LogOut({ label }: { label: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const router = useRouter();
  const leave = useMutation({
    mutationFn: () => ask(api.DELETE("/logins/current")),
    onSuccess: async () => {
      forgetDrafts();
      await router.navigate({ to: "/sign-in" });
      client.clear();
    },
    onError: (error) => showProblem(describeError(t, error)),
  });
  return (
    <Button
      variant="default"
      leftSection={<IconLogout size="1rem" stroke={1.5} />}
      loading={leave.isPending}
      onClick={() => leave.mutate()}
    >
      {label}
    </Button>
  );
}
