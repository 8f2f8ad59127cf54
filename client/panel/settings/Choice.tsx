import { useId } from "react";

interface ChoiceProps<T extends string> {
  name: string;
  chosen: T;
  options: readonly { value: T; text: string; lang?: string | undefined }[];
  onChoose(value: T): void;
}

/** One of a few, side by side. */
export function Choice<T extends string>({ name, chosen, options, onChoose }: ChoiceProps<T>) {
  const id = useId();
  return (
    <>
      <span id={id} className="muted">
        {name}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row everywhere */}
      <span className="seg" role="group" aria-labelledby={id}>
        {options.map(({ value, text, lang }) => (
          <button
            key={value}
            type="button"
            lang={lang}
            aria-pressed={value === chosen}
            onClick={() => onChoose(value)}
          >
            {text}
          </button>
        ))}
      </span>
    </>
  );
}
