import { useContext } from "react";
import { COMPARED, type Compared, figureOf } from "../../../shared/sessions/compare.ts";
import type { Session } from "../../../shared/sessions/session.ts";
import type { SessionsWords } from "../../i18n/sessions/words.ts";
import { LookContext } from "../settings/look.ts";
import { figureText, labelOf } from "./session-text.ts";

/** Two sessions side by side, the earlier one first, with what has changed. */
export function Comparison({ pair, words }: { pair: readonly [Session, Session]; words: SessionsWords }) {
  const { language } = useContext(LookContext);
  const [before, after] = [...pair].sort((a, b) => a.startedAt - b.startedAt);
  if (before === undefined || after === undefined) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard
    <section className="sessions-scroll" aria-label={words.compare} tabIndex={0}>
      <table className="comparison">
        <thead>
          <tr>
            <td />
            <th scope="col">{labelOf(before, language)}</th>
            <th scope="col">{labelOf(after, language)}</th>
            <th scope="col">{words.change}</th>
          </tr>
        </thead>
        <tbody>
          {COMPARED.map((what) => {
            const [a, b] = [figureOf(before, what), figureOf(after, what)];
            return (
              <tr key={what}>
                <th scope="row">{words[what]}</th>
                <td>{figureText(what, a)}</td>
                <td>{figureText(what, b)}</td>
                <td>{changeText(what, a, b)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Points for what is a percentage already, percent for the rest. */
function changeText(what: Compared, before: number | null, after: number | null): string {
  if (before === null || after === null) return "—";
  const sign = (value: number) => (value > 0 ? "+" : value < 0 ? "−" : "±");
  if (
    what === "utilization" ||
    what === "p50" ||
    what === "p95" ||
    what === "temperature" ||
    what === "highest"
  ) {
    const difference = Math.round((after - before) * 10) / 10;
    return `${sign(difference)}${Math.abs(difference).toFixed(1)}`;
  }
  if (before === 0) return "—";
  const percent = Math.round(((after - before) / before) * 100);
  return `${sign(percent)}${Math.abs(percent)}%`;
}
