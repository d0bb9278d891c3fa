import { type CSSProperties, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./DiffView.module.css";
import { diffWords } from "./diff";
import { type DiffLine, diffTexts, type Part } from "./diff-text";
import type { Content } from "./edit-draft";

/** Unchanged lines that are shown around a change. */
const AROUND = 2;

type Stretch = { isFolded: boolean; lines: { line: DiffLine; at: number }[] };

/** Long stretches without a change are folded, a few lines of them stay. */
function stretches(lines: DiffLine[]): Stretch[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((line) => line.kind !== "same"),
  );
  const found: Stretch[] = [];
  for (const [at, line] of lines.entries()) {
    const isFolded = isNear[at] !== true;
    const last = found.at(-1);
    if (last?.isFolded === isFolded) last.lines.push({ line, at });
    else found.push({ isFolded, lines: [{ line, at }] });
  }
  return found;
}

/** Two texts as one: what went is struck through, what came is underlined, both also in words. */
export function DiffView({ before, after }: { before: Content; after: Content }) {
  const { t } = useTranslation();
  const lines = useMemo(() => diffTexts(before.body, after.body), [before.body, after.body]);
  const title = useMemo(() => diffWords(before.title, after.title), [before.title, after.title]);
  const isSame = before.title === after.title && lines.every((line) => line.kind === "same");
  if (isSame) return <p className={classes.none}>{t("diff.none")}</p>;
  return (
    <div className={classes.diff}>
      <p className={classes.title}><Parts parts={title} /></p>
      {stretches(lines).map((stretch) => (
        <LinesOf key={stretch.lines[0]?.at ?? 0} stretch={stretch} />
      ))}
    </div>
  );
}

function LinesOf({ stretch }: { stretch: Stretch }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  if (stretch.isFolded && !isOpen && stretch.lines.length > 1) {
    return (
      <button type="button" className={classes.fold} onClick={() => setOpen(true)}>
        {t("diff.unchanged", { count: stretch.lines.length })}
      </button>
    );
  }
  return stretch.lines.map(({ line, at }) => <Line key={at} line={line} />);
}

function Line({ line }: { line: DiffLine }) {
  const { look, depth, marker, kind, parts } = line;
  if (look === "rule") return <hr className={classes.rule} data-kind={kind} />;
  return (
    <p
      className={classes.line}
      data-look={look}
      data-kind={kind}
      style={{ "--depth": depth } as CSSProperties}
    >
      {marker === "" ? null : <span className={classes.marker}>{marker}</span>}
      <span className={classes.words}><Parts parts={parts} /></span>
    </p>
  );
}

function Parts({ parts }: { parts: Part[] }) {
  const { t } = useTranslation();
  return parts.map(({ kind, text }, at) => {
    // oxlint-disable-next-line react/no-array-index-key -- parts have no name but their place
    if (kind === "same") return <span key={at}>{text}</span>;
    const Tag = kind === "removed" ? "del" : "ins";
    return (
      // oxlint-disable-next-line react/no-array-index-key -- parts have no name but their place
      <Tag key={at} className={classes[kind]}>
        <span className="only-read-aloud">{t(kind === "removed" ? "diff.removed" : "diff.added")} </span>
        {text}
      </Tag>
    );
  });
}
