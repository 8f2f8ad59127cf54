import { useState } from "react";
import type { Alert } from "../../../shared/health/alert.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import css from "../../styles/health.css?inline";
import { Disclosure } from "../../ui/Disclosure.tsx";
import { AlertActions } from "./AlertActions.tsx";
import { type AlertTelling, inOrder, isOpen, toneOf, useAlertTelling } from "./use-alerts.ts";
import { useBrowserNotices } from "./use-browser-notices.ts";

/** More of them would push the recommendation out of sight. */
const MOST_SHOWN = 2;

/** The red lines that are crossed: what, since when, what to do, and who takes care of it. Nothing while there is none. */
export default function AlertsCard() {
  const telling = useAlertTelling();
  const alerts = inOrder(usePanel(selectAlerts));
  useBrowserNotices(alerts.filter(isOpen), telling);
  if (telling === null || alerts.length === 0) return null;
  // The gravest come first. One alone is not folded: the fold would be as high.
  const most = alerts.length === MOST_SHOWN + 1 ? alerts.length : MOST_SHOWN;
  const [shown, folded] = [alerts.slice(0, most), alerts.slice(most)];
  const [gravest] = folded;
  return (
    <section className="card alerts" aria-label={telling.words.title}>
      <Styles css={css} />
      <h2 className="label">{telling.words.title}</h2>
      <AlertRows alerts={shown} telling={telling} />
      {gravest !== undefined && (
        <Disclosure
          className={`alerts-more tone-${toneOf(gravest)}`}
          summary={fillIn(telling.words.more, { n: folded.length })}
        >
          {() => <AlertRows alerts={folded} telling={telling} />}
        </Disclosure>
      )}
    </section>
  );
}

function AlertRows({ alerts, telling }: { alerts: readonly Alert[]; telling: AlertTelling }) {
  return (
    <ul className="plain">
      {alerts.map((alert) => (
        <AlertRow key={alert.id} alert={alert} telling={telling} />
      ))}
    </ul>
  );
}

function AlertRow({ alert, telling }: { alert: Alert; telling: AlertTelling }) {
  const { words, between, say, time } = telling;
  const wordsOf = useProblemWords();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const { message, advice } = say(alert);
  const muted = alert.mutedUntil === null ? null : fillIn(words.muted, { time: time(alert.mutedUntil) });
  const state = [alert.acknowledged ? words.acknowledged : null, muted].filter((part) => part !== null);
  return (
    <li data-open={isOpen(alert)}>
      <span className="chip" data-tone={toneOf(alert)}>
        {words.severity[alert.severity]}
      </span>
      <p className="alert-text">
        <b>{message}</b>
        {between}
        {advice}
        {state.length > 0 && <span className="muted small"> · {state.join(" · ")}</span>}
        {refusal !== null && <span className="refused small"> {wordsOf(refusal).message}</span>}
      </p>
      <AlertActions alert={alert} words={words} onRefused={setRefusal} />
    </li>
  );
}
