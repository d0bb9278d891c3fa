import { lazy, Suspense } from "react";
import classes from "./Markdown.module.css";
import type { MarkdownProps } from "./MarkdownBlocks";

// Asked for as soon as a page that shows text is, so that it is there before the text.
const renderer = import("./MarkdownBlocks");
const Blocks = lazy(() => renderer.then((module) => ({ default: module.MarkdownBlocks })));

/**
 * Written text. Its renderer comes when there is text; until then the words keep their place and
 * are not seen, since their signs would be.
 */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<p className={classes.plain} aria-hidden="true">{props.text}</p>}>
      <Blocks {...props} />
    </Suspense>
  );
}
