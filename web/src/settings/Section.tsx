import type { ReactNode } from "react";
import classes from "./Settings.module.css";

type Props = { id?: string; title: string; text?: string; children: ReactNode };

/** One subject: its name and what it means at the left, the choices at the right. */
export function Section({ id, title, text, children }: Props) {
  return (
    <section id={id} aria-label={title} className={classes.section}>
      <div>
        <h2 className={classes.title}>{title}</h2>
        {text === undefined ? null : <p className={classes.text}>{text}</p>}
      </div>
      <div className={classes.controls}>{children}</div>
    </section>
  );
}
