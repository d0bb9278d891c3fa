import type { ReactNode } from "react";
import classes from "./PageHead.module.css";
import { PageTitle } from "./PageTitle";

type Props = { title: string; lead?: string; children?: ReactNode };

/** The top of a list page: what it is, and the controls that choose what it shows. */
export function PageHead({ title, lead, children }: Props) {
  return (
    <div className={classes.head}>
      <PageTitle>{title}</PageTitle>
      {lead === undefined ? null : <p className={classes.lead}>{lead}</p>}
      {children === undefined ? null : <div className={classes.controls}>{children}</div>}
    </div>
  );
}
