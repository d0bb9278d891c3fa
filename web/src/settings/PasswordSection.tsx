import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { describeError } from "@/api/problem-text";
import { showToast } from "@/components/toasts";
import { aboutQuery, meQuery } from "@/identity/queries";
import { missingPasswords, type PasswordFields, refusedField } from "./password";
import { Section } from "./Section";
import classes from "./Settings.module.css";

const EMPTY: PasswordFields = { current: "", next: "" };

export function PasswordSection() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: about } = useQuery(aboutQuery);
  const isDemo = about?.demo_account?.email === me.email;
  return (
    <Section title={t("settings.password")} text={t("settings.passwordText")}>
      {isDemo ? <p className={classes.text}>{t("settings.passwordDemo")}</p> : <PasswordForm email={me.email} />}
    </Section>
  );
}

function PasswordForm({ email }: { email: string }) {
  const { t } = useTranslation();
  const current = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  const [values, setValues] = useState(EMPTY);
  const [missing, setMissing] = useState<ReturnType<typeof missingPasswords>>({});
  const change = useChange(() => setValues(EMPTY), (field) => focus(field));
  const refused = change.isError ? refusedField(change.error) : null;

  function focus(field: keyof PasswordFields): void {
    (field === "current" ? current : next).current?.focus();
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    const found = missingPasswords(values);
    setMissing(found);
    if (found.current !== undefined) focus("current");
    else if (found.next !== undefined) focus("next");
    else change.mutate(values);
  }

  function propsOf(name: keyof PasswordFields) {
    const word = missing[name];
    const words = refused === name ? describeError(t, change.error) : undefined;
    return {
      value: values[name],
      error: word === undefined ? words : t(word),
      visibilityToggleButtonProps: { "aria-label": t("signIn.showPassword"), tabIndex: 0 },
      onChange: (event: { currentTarget: HTMLInputElement }) => {
        setValues({ ...values, [name]: event.currentTarget.value });
        setMissing({ ...missing, [name]: undefined });
      },
    };
  }

  return (
    <form className={classes.form} noValidate onSubmit={submit}>
      {/* So that password managers know whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput {...propsOf("current")} ref={current} label={t("settings.current")} autoComplete="current-password" />
      <PasswordInput {...propsOf("next")} ref={next} label={t("settings.next")} autoComplete="new-password" />
      <div role="alert">
        {change.isError && refused === null ? (
          <p className={classes.problem}>{describeError(t, change.error)}</p>
        ) : null}
      </div>
      <Button type="submit" variant="default" className={classes.start} loading={change.isPending}>
        {t("settings.changePassword")}
      </Button>
    </form>
  );
}

function useChange(onDone: () => void, onRefused: (field: keyof PasswordFields) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (values: PasswordFields) =>
      ask(api.PUT("/me/password", { body: { current_password: values.current, new_password: values.next } })),
    onSuccess: () => {
      onDone();
      showToast({ id: "password", words: t("settings.passwordChanged"), tone: "plain" });
      void client.invalidateQueries({ queryKey: keys.logins });
    },
    onError: (error) => {
      const field = refusedField(error);
      if (field !== null) onRefused(field);
    },
  });
}
