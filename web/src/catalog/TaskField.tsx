import { NativeSelect, Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { TaskInput } from "@/api/types";
import { isFillable } from "./form";
import classes from "./TaskForm.module.css";

type Props = {
  input: TaskInput;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
};

/** One field of a task's form, made from its definition. */
export function TaskField({ input, value, error, onChange }: Props) {
  const { t } = useTranslation();
  if (!isFillable(input)) return <UnknownField input={input} />;
  const shared = {
    name: input.name,
    label: <FieldLabel input={input} />,
    error,
    "aria-required": !input.is_optional,
  };
  if (input.kind === "drop_down_list") {
    return (
      <NativeSelect
        {...shared}
        size="md"
        data={[
          { value: "", label: input.placeholder ?? t(input.is_optional ? "form.none" : "form.choose") },
          ...input.choices,
        ]}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <Textarea
      {...shared}
      rows={4}
      classNames={{ input: classes.area }}
      placeholder={input.placeholder ?? undefined}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function FieldLabel({ input }: { input: TaskInput }) {
  const { t } = useTranslation();
  return (
    <>
      {input.label}
      {input.is_optional ? <span className={classes.optional}> {t("form.optional")}</span> : null}
    </>
  );
}

function UnknownField({ input }: { input: TaskInput }) {
  const { t } = useTranslation();
  return (
    <div>
      <p className={classes.label}><FieldLabel input={input} /></p>
      <p className={classes.optional}>{t("form.noFilesYet")}</p>
    </div>
  );
}
