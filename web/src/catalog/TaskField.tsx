import { NativeSelect, Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { TaskInput } from "@/api/types";
import classes from "./TaskForm.module.css";

type Props = {
  input: TaskInput;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
};

/** One field for words or a choice, made from its definition. */
export function TaskField({ input, value, error, onChange }: Props) {
  const { t } = useTranslation();
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
