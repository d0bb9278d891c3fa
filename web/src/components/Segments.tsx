import { useId } from "react";
import classes from "./Segments.module.css";

type Props<T extends string> = {
  label: string;
  /** How the name looks; it may be for the ear only. */
  labelClass?: string | undefined;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
};

/** One choice among few, all in sight: the browser's own radio buttons, side by side. */
export function Segments<T extends string>({ label, labelClass, value, options, onChange }: Props<T>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-labelledby={`${name}-label`} className={classes.choice}>
      <span id={`${name}-label`} className={labelClass ?? classes.label}>{label}</span>
      <div className={classes.segments}>
        {options.map((option) => (
          <label key={option.value} className={classes.segment}>
            <input
              type="radio"
              name={name}
              className={classes.radio}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span className={classes.words}>{option.label}</span>
          </label>
        ))}
      </div>
    </div>
  );
}
