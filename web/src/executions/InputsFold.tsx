import { IconChevronRight } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { contentUrl } from "@/api/content-url";
import type { FilledInput, Upload } from "@/api/types";
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
            <dd>{input.files.length > 0 ? <FileLinks files={input.files} /> : words(input)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Files open in a tab of their own, as they were given. */
function FileLinks({ files }: { files: Upload[] }) {
  return (
    <ul className={classes.files}>
      {files.map((file) => (
        <li key={file.id}>
          <a className={classes.file} href={contentUrl(file.id)} target="_blank" rel="noreferrer">
            {file.media_type.startsWith("image/") ? (
              <img className={classes.thumb} src={contentUrl(file.id)} alt="" loading="lazy" />
            ) : null}
            {file.name}
          </a>
        </li>
      ))}
    </ul>
  );
}

function words({ value, choices }: FilledInput): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  return choices.find((choice) => choice.value === value)?.label ?? value.trim();
}
