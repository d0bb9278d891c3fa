import type { Part } from "./highlights";
import classes from "./Marked.module.css";

/** A line of text in which what was searched for is marked. */
export function Marked({ parts }: { parts: Part[] }) {
  return parts.map(({ text, isFound }, index) =>
    // oxlint-disable-next-line react/no-array-index-key -- parts of one line, in their order
    isFound ? <mark key={index} className={classes.mark}>{text}</mark> : <span key={index}>{text}</span>,
  );
}
