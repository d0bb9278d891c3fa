import { lazy, Suspense } from "react";
import classes from "./Markdown.module.css";
import type { MarkdownProps } from "./MarkdownBlocks";

const Blocks = lazy(() =>
  import("./MarkdownBlocks").then((module) => ({ default: module.MarkdownBlocks })),
);

/** Written text. Its renderer comes when there is text; until then the words stand as they are. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<p className={classes.plain}>{props.text}</p>}>
      <Blocks {...props} />
    </Suspense>
  );
}
