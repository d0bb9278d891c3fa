import { Button } from "@mantine/core";
import { IconPaperclip } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { acceptOf, type FileInput, type GivenFile, sizeInWords, typesOf } from "./files";
import classes from "./FileField.module.css";

const loadRow = () => import("./GivenFileRow");
// What shows a file comes with the field, and is there before one can be chosen.
const GivenFileRow = lazy(() => loadRow().then((module) => ({ default: module.GivenFileRow })));

type Props = {
  input: FileInput;
  files: GivenFile[];
  error: string | undefined;
  /** Files hover over the page. */
  isTarget: boolean;
  /** The model in use is shown pictures. */
  hasVision: boolean;
  onTake: (files: File[]) => void;
  onRemove: (given: GivenFile) => void;
  onRetry: (given: GivenFile) => void;
};

/** A field that takes files: by its button, dropped on it, or pasted. */
export function FileField({ input, files, error, isTarget, hasVision, onTake, onRemove, onRetry }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const picker = useRef<HTMLInputElement>(null);
  useEffect(() => void loadRow(), []);
  const isMany = input.file_rule.max_files > 1;
  const action = files.length === 0 ? "choose" : isMany ? "more" : "other";
  return (
    <div
      role="group"
      aria-labelledby={`${id}-label`}
      aria-describedby={`${id}-rule${error === undefined ? "" : ` ${id}-error`}`}
      className={classes.field}
      data-file-field={input.name}
      data-target={isTarget}
      data-wrong={error !== undefined}
    >
      <p id={`${id}-label`} className={classes.label}>
        {input.label}
        {input.is_optional ? <span className={classes.optional}> {t("form.optional")}</span> : null}
      </p>
      {files.length === 0 ? null : (
        <ul className={classes.list}>
          <Suspense>
            {files.map((given) => (
              <GivenFileRow
                key={given.key}
                given={given}
                kind={input.kind}
                onRemove={() => onRemove(given)}
                onRetry={() => onRetry(given)}
              />
            ))}
          </Suspense>
        </ul>
      )}
      <div className={classes.zone}>
        <input
          ref={picker}
          hidden
          type="file"
          accept={acceptOf(input.file_rule)}
          multiple={isMany}
          onChange={(event) => {
            onTake([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
        <Button
          name={input.name}
          variant="default"
          aria-describedby={`${id}-label ${id}-rule${error === undefined ? "" : ` ${id}-error`}`}
          leftSection={<IconPaperclip aria-hidden="true" size="1rem" stroke={1.5} />}
          disabled={isMany && files.length >= input.file_rule.max_files}
          onClick={() => picker.current?.click()}
        >
          {t(`files.${action}.${input.kind === "audio_file" || input.kind === "video" ? "file" : "picture"}`)}
        </Button>
        <span className={classes.drop} aria-hidden="true">{t("files.drop")}</span>
      </div>
      <div id={`${id}-rule`} className={classes.rule}>
        {input.placeholder === null || input.placeholder === "" ? null : <p>{input.placeholder}</p>}
        <p><RuleWords input={input} /></p>
        <ModelLimits kind={input.kind} hasVision={hasVision} />
      </div>
      <div role="alert" id={`${id}-error`} className={classes.error}>{error}</div>
    </div>
  );
}

/** Limits, told before anything is sent. */
function RuleWords({ input: { file_rule: rule } }: { input: FileInput }) {
  const { t, i18n } = useTranslation();
  const values = { types: typesOf(rule), size: sizeInWords(rule.max_bytes, i18n.language), count: rule.max_files };
  return t(rule.max_files > 1 ? "files.ruleMany" : "files.rule", values);
}

/** Honestly: what the assistant will not know of the file. */
function ModelLimits({ kind, hasVision }: { kind: FileInput["kind"]; hasVision: boolean }) {
  const { t } = useTranslation();
  if (kind === "audio_file") return <p>{t("files.notHeard")}</p>;
  if (kind === "video") return <p>{t("files.notWatched")}</p>;
  return hasVision ? null : <p>{t("files.notSeen")}</p>;
}
