import { canDraw } from "./can-draw";
import classes from "./TaskIcon.module.css";

type Props = {
  /** An emoji, as whoever made the task chose it. */
  icon: string;
  /** Of the task: its first letter stands where this machine cannot draw the emoji. */
  name: string;
  className?: string | undefined;
};

export function TaskIcon({ icon, name, className = "" }: Props) {
  if (canDraw(icon)) return <span aria-hidden="true" className={className}>{icon}</span>;
  return (
    <span aria-hidden="true" className={className}>
      <span className={classes.letter} data-letter={firstLetter(name)} />
    </span>
  );
}

const firstLetter = (name: string) => (/[\p{L}\p{N}]/u.exec(name)?.[0] ?? "·").toLocaleUpperCase();
