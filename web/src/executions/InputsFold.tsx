import { IconChevronRight } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { FilledInput } from "@/api/types";
import classes from "./InputsFold.module.css";

/** What the person gave, folded away, by the names the form had. */
export function InputsFold({ inputs }: { inputs: FilledInput[] }) {
  const { t } = useTranslation();
  const filled = inputs.filter((input) => words(input) !== "");
  if (filled.length === 0) return null;
  return (
    <details className={classes.fold}>
      <summary className={classes.summary}>
        <IconChevronRight aria-hidden="true" size="1rem" stroke={1.5} />
        {t("execution.inputs")}
      </summary>
      <dl className={classes.list}>
        {filled.map((input) => (
          <div key={input.name}>
            <dt>{input.label}</dt>
            <dd>{words(input)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function words({ value, choices }: FilledInput): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  return choices.find((choice) => choice.value === value)?.label ?? value.trim();
}
