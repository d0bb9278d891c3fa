import { ActionIcon } from "@mantine/core";
import { IconFile, IconRefresh, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { contentUrl } from "@/api/content-url";
import type { TaskInput } from "@/api/types";
import { type GivenFile, sizeInWords } from "./files";
import classes from "./FileField.module.css";

type Props = { given: GivenFile; kind: TaskInput["kind"]; onRemove: () => void; onRetry: () => void };

/** One file of a field: what it is, how far it has come, and the way to take it back. */
export function GivenFileRow({ given, kind, onRemove, onRetry }: Props) {
  const { t, i18n } = useTranslation();
  const isSending = given.upload === null && given.problem === null;
  return (
    <li className={classes.file} data-failed={given.problem !== null}>
      <FilePreview given={given} kind={kind} />
      <div className={classes.words}>
        <span className={classes.name}>{given.name}</span>
        <span className={classes.size}>{sizeInWords(given.size, i18n.language)}</span>
        {isSending ? (
          <progress className={classes.progress} max={1} value={given.sent} aria-label={t("files.sending", { name: given.name })} />
        ) : null}
        <span role="alert" className={classes.problem}>{given.problem?.words}</span>
      </div>
      {given.problem?.isPassing === true ? (
        <ActionIcon size="lg" aria-label={t("files.retry", { name: given.name })} onClick={onRetry}>
          <IconRefresh aria-hidden="true" size="1.125rem" stroke={1.5} />
        </ActionIcon>
      ) : null}
      <ActionIcon
        size="lg"
        aria-label={t(isSending ? "files.cancel" : "files.remove", { name: given.name })}
        onClick={onRemove}
      >
        <IconX aria-hidden="true" size="1.125rem" stroke={1.5} />
      </ActionIcon>
    </li>
  );
}

function FilePreview({ given, kind }: { given: GivenFile; kind: TaskInput["kind"] }) {
  const source = given.preview ?? (given.upload === null ? null : contentUrl(given.upload.id));
  if (source === null || given.problem !== null) {
    return <IconFile className={classes.icon} aria-hidden="true" size="1.25rem" stroke={1.5} />;
  }
  if (kind === "audio_file") {
    // oxlint-disable-next-line jsx-a11y/media-has-caption -- the person's own recording has none
    return <audio className={classes.player} controls preload="metadata" src={source} aria-label={given.name} />;
  }
  if (kind === "video") {
    // oxlint-disable-next-line jsx-a11y/media-has-caption -- the person's own video has none
    return <video className={classes.player} controls preload="metadata" src={source} aria-label={given.name} />;
  }
  return <img className={classes.thumb} src={source} alt="" />;
}
