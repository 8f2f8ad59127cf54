import { type ReactNode, useId } from "react";

interface FigureFieldProps {
  name: string;
  unit: string;
  range: { least: number; most: number };
  /** `null`: never, which an empty field says; `never` is what it shows then. */
  value: number | null;
  never?: string;
  onSet(value: number | null): void;
  children: ReactNode;
}

/** A whole number among the settings: taken when it is left or Enter is pressed. */
export function FigureField({ name, unit, range, value, never, onSet, children }: FigureFieldProps) {
  const id = useId();
  function take(field: HTMLInputElement) {
    if (!field.validity.valid) return void field.reportValidity();
    const next = field.value === "" ? null : Number(field.value);
    if (next !== value) onSet(next);
  }
  return (
    <>
      <label htmlFor={id}>{name}</label>
      <span className="figure">
        <input
          // Another value than the one that was typed shows at once.
          key={value}
          id={id}
          type="number"
          inputMode="numeric"
          min={range.least}
          max={range.most}
          required={never === undefined}
          placeholder={never}
          defaultValue={value ?? ""}
          onBlur={({ currentTarget }) => take(currentTarget)}
          onKeyDown={({ key, currentTarget }) => key === "Enter" && take(currentTarget)}
        />
        <span className="muted">{unit}</span>
      </span>
      {children}
    </>
  );
}
