import { useEffect, useState } from "react";
import { type AlertList, alertListSchema } from "../../../shared/health/past-alert.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import css from "../../styles/health.css?inline";
import { BrowserNotices } from "./BrowserNotices.tsx";
import { type AlertTelling, toneOf, useAlertTelling } from "./use-alerts.ts";

const listSchema = replySchema(alertListSchema);
const SHOWN = 50;

/** Alerts of before with the time that each lasted, and whether this browser notifies. */
export default function PastAlerts() {
  const telling = useAlertTelling();
  const { source } = usePanelParts();
  const [list, setList] = useState<AlertList | null>(null);
  const now = usePanel(selectAlerts);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for anew whenever the alerts of now have changed
  useEffect(() => {
    let wanted = true;
    void source
      .ask(listSchema, (sidecar) => sidecar.emitWithAck("past-alerts"))
      .then((reply) => {
        if (wanted && reply.ok) setList(reply.data);
      });
    return () => {
      wanted = false;
    };
  }, [source, now]);
  if (telling === null) return null;
  return (
    <div className="past-alerts">
      <Styles css={css} />
      <BrowserNotices words={telling.words} />
      {list !== null && <PastList list={list} telling={telling} />}
    </div>
  );
}

function PastList({
  list: { past },
  telling: { words, say, time },
}: {
  list: AlertList;
  telling: AlertTelling;
}) {
  if (past.length === 0) return <p className="muted">{words.noPast}</p>;
  return (
    <ul>
      {past.slice(0, SHOWN).map((alert) => (
        <li key={alert.id}>
          <span className={`up ${toneOf(alert)}`}>{words.severity[alert.severity]}</span>
          <span>{say(alert).message}</span>
          <span className="muted">
            {alert.endedAt !== null &&
              `${time(alert.endedAt)} · ${fillIn(words.lasted, { n: Math.max(1, Math.round((alert.endedAt - alert.since) / 60_000)) })}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
