import classes from "./FilterChips.module.css";

type Props<T extends string> = {
  label: string;
  value: T | null;
  options: { value: T; label: string }[];
  allLabel: string;
  onChange: (value: T | null) => void;
};

/** One choice among a few, as chips that are buttons. */
export function FilterChips<T extends string>({ label, value, options, allLabel, onChange }: Props<T>) {
  return (
    <div role="group" aria-label={label} className={classes.chips}>
      <Chip isOn={value === null} onClick={() => onChange(null)}>{allLabel}</Chip>
      {options.map((option) => (
        <Chip
          key={option.value}
          isOn={value === option.value}
          onClick={() => onChange(value === option.value ? null : option.value)}
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
