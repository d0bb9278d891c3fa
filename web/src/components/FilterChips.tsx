import { toggle } from "./toggle";
import classes from "./FilterChips.module.css";

type Props<T extends string> = {
  label: string;
  values: readonly T[];
  options: { value: T; label: string }[];
  allLabel: string;
  onChange: (values: T[]) => void;
};

/** Some choices among a few, as chips that are buttons; without any, all is meant. */
export function FilterChips<T extends string>(props: Props<T>) {
  const { label, values, options, allLabel, onChange } = props;
  return (
    <div role="group" aria-label={label} className={classes.chips}>
      <Chip isOn={values.length === 0} onClick={() => onChange([])}>{allLabel}</Chip>
      {options.map((option) => (
        <Chip
          key={option.value}
          isOn={values.includes(option.value)}
          onClick={() => onChange(toggle(values, option.value))}
        >
          {option.label}
        </Chip>
      ))}
    </div>
  );
}

function Chip({ isOn, onClick, children }: { isOn: boolean; onClick: () => void; children: string }) {
  return (
    <button type="button" className={classes.chip} aria-pressed={isOn} onClick={onClick}>
      {children}
    </button>
  );
}
