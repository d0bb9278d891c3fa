import type { ComponentType, ReactNode } from "react";
import classes from "./Menu.module.css";
import { useArrowKeys } from "./use-arrow-keys";

/** A few commands, or a choice, below each other in a popup; the arrows move among them. */
export function Menu({ children }: { children: ReactNode }) {
  const onKeyDown = useArrowKeys();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrows move among buttons
    <ul className={classes.list} onKeyDown={onKeyDown}>{children}</ul>
  );
}

type ItemProps = {
  label: string;
  Icon: ComponentType<{ size?: string; stroke?: number }>;
  /** The key that does the same where the menu was opened. */
  shortcut?: string;
  onRun: () => void;
};

export function MenuItem({ label, Icon, shortcut, onRun }: ItemProps) {
  return (
    <li>
      <button type="button" data-arrow className={classes.item} onClick={onRun}>
        <Icon aria-hidden="true" size="1.125rem" stroke={1.5} />
        <span className={classes.label}>{label}</span>
        {shortcut === undefined ? null : <kbd aria-hidden="true">{shortcut}</kbd>}
      </button>
    </li>
  );
}

export function MenuLine() {
  return <li className={classes.line} aria-hidden="true" />;
}
