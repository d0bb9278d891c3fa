import { Button, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { describeError } from "@/api/problem-text";
import { meQuery } from "@/identity/queries";
import classes from "./Settings.module.css";
import { useProfile } from "./use-profile";

export function NameForm() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const [isMissing, setMissing] = useState(false);
  const save = useProfile();
  const name = typed ?? me.name;
  const isChanged = name.trim() !== me.name;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() === "") {
      setMissing(true);
      field.current?.focus();
      return;
    }
    save.mutate({ name: name.trim() }, { onSuccess: () => setTyped(null) });
  }

  return (
    <>
      <form className={classes.line} noValidate onSubmit={submit}>
        <TextInput
          ref={field}
          className={classes.grow}
          label={t("settings.name")}
          autoComplete="name"
          maxLength={255}
          value={name}
          error={nameError()}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setMissing(false);
          }}
        />
        <Button
          type="submit"
          variant="default"
          className={classes.beside}
          loading={save.isPending}
          disabled={!isChanged}
        >
          {t("settings.saveName")}
        </Button>
      </form>
      <p className={classes.text}>{t("settings.email", { email: me.email })}</p>
    </>
  );

  function nameError(): string | undefined {
    if (isMissing) return t("settings.nameMissing");
    return save.isError ? describeError(t, save.error) : undefined;
  }
}
