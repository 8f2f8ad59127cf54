import { useState } from "react";
import type { Alert } from "../../../shared/health/alert.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import css from "../../styles/health.css?inline";
import { AlertActions } from "./AlertActions.tsx";
import { type AlertTelling, inOrder, isOpen, toneOf, useAlertTelling } from "./use-alerts.ts";

/** The red lines that are crossed, the gravest first: what, since when, what to do, and who takes care of it. */
export default function AlertList() {
  const telling = useAlertTelling();
  const alerts = inOrder(usePanel(selectAlerts));
  if (telling === null) return null;
  if (alerts.length === 0) return <p className="muted">{telling.words.none}</p>;
  return (
    <>
      <Styles css={css} />
      <ul className="alerts" aria-label={telling.words.title}>
        {alerts.map((alert) => (
          <AlertRow key={alert.id} alert={alert} telling={telling} />
        ))}
      </ul>
    </>
  );
}

function AlertRow({ alert, telling }: { alert: Alert; telling: AlertTelling }) {
  const { words, say, time } = telling;
  const wordsOf = useProblemWords();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const { message, advice } = say(alert);
  const muted = alert.mutedUntil === null ? null : fillIn(words.muted, { time: time(alert.mutedUntil) });
  const state = [alert.acknowledged ? words.acknowledged : null, muted].filter((part) => part !== null);
  return (
    <li data-open={isOpen(alert)}>
      <b className={`up ${toneOf(alert)}`}>
        <span className="spoken-only">{words.severity[alert.severity]}: </span>
        {message}
      </b>
      <p className="muted">{advice}</p>
      {state.length > 0 && <p>{state.join(" · ")}</p>}
      {refusal !== null && <p className="full">{wordsOf(refusal).message}</p>}
      <AlertActions alert={alert} words={words} onRefused={setRefusal} />
    </li>
  );
}
