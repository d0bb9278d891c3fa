import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { keys } from "@/api/keys";
import { describeError } from "@/api/problem-text";
import { Mark } from "@/components/Mark";
import { PageTitle } from "@/components/PageTitle";
import { speak } from "@/i18n";
import { aboutQuery } from "./queries";
import classes from "./SignInPage.module.css";
import { type SignInErrors, validateSignIn } from "./sign-in-form";

export function SignInPage() {
  const { t } = useTranslation();
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [values, setValues] = useState({ email: "", password: "" });
  const [errors, setErrors] = useState<SignInErrors>({});
  const signIn = useSignIn();

  function submit(event: FormEvent): void {
    event.preventDefault();
    const found = validateSignIn(values);
    setErrors(found);
    if (found.email !== undefined) email.current?.focus();
    else if (found.password !== undefined) password.current?.focus();
    else signIn.mutate(values);
  }

  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <div className={classes.head}>
          <Mark />
          <PageTitle className={classes.title}>{t("signIn.title")}</PageTitle>
          <p className={classes.lead}>{t("signIn.lead")}</p>
        </div>
        <form className={classes.form} noValidate onSubmit={submit}>
          <TextInput
            ref={email}
            label={t("signIn.email")}
            type="email"
            name="email"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            value={values.email}
            error={errors.email === undefined ? undefined : t(errors.email)}
            onChange={(event) => setValues({ ...values, email: event.currentTarget.value })}
          />
          <PasswordInput
            ref={password}
            label={t("signIn.password")}
            name="password"
            autoComplete="current-password"
            value={values.password}
            error={errors.password === undefined ? undefined : t(errors.password)}
            visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword"), tabIndex: 0 }}
            onChange={(event) => setValues({ ...values, password: event.currentTarget.value })}
          />
          <div role="alert">
            {signIn.isError ? (
              <p className={classes.problem}>{describeError(t, signIn.error)}</p>
            ) : null}
          </div>
          <Button type="submit" size="md" loading={signIn.isPending}>{t("signIn.submit")}</Button>
        </form>
        <DemoHint
          onFill={(account) => {
            setValues(account);
            setErrors({});
            signIn.reset();
          }}
        />
      </div>
    </main>
  );
}

function useSignIn() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { to } = useSearch({ from: "/sign-in" });
  return useMutation({
    mutationFn: (account: { email: string; password: string }) =>
      ask(api.POST("/logins", { body: { ...account, transport: "cookie" } })),
    onSuccess: async ({ user }) => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.about[0] });
      client.setQueryData(keys.me, user);
      await speak(user.language);
      await navigate({ href: to ?? "/", replace: true });
    },
  });
}

type Account = { email: string; password: string };

/** A fresh installation says how to get in, and types it for you. */
function DemoHint({ onFill }: { onFill: (account: Account) => void }) {
  const { t } = useTranslation();
  const { data: about } = useQuery(aboutQuery);
  const account = about?.demo_account;
  if (account === null || account === undefined) return null;
  return (
    <section className={classes.demo} aria-label={t("signIn.demoTitle")}>
      <p className={classes.demoTitle}>{t("signIn.demoTitle")}</p>
      <p>{t("signIn.demoText")}</p>
      <dl className={classes.account}>
        <dt>{t("signIn.email")}</dt>
        <dd>{account.email}</dd>
        <dt>{t("signIn.password")}</dt>
        <dd>{account.password}</dd>
      </dl>
      <Button variant="light" onClick={() => onFill(account)}>{t("signIn.demoFill")}</Button>
    </section>
  );
}
