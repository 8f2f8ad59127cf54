import { DASH } from "../../i18n/format.ts";
import { partsOf } from "../../ui/quiet-part.ts";

interface AnswerProps {
  text: string;
  n: number | null;
  /** Class of the quiet part. */
  quiet: string;
  /** In place of the quiet part: why none can. */
  why?: string | null;
}

/** How many more can start: the figure loud, the rest of the sentence quiet. */
export function Answer({ text, n, quiet, why = null }: AnswerProps) {
  const { before, n: figure, after, quiet: usual } = partsOf(text, n ?? DASH);
  const rest = why ?? usual;
  return (
    <>
      <span className="ans now">
        {before}
        <span data-testid="can-start">{figure}</span>
        {after}
      </span>
      {rest !== "" && <span className={`${quiet} muted cut`.trim()}>{rest}</span>}
    </>
  );
}
