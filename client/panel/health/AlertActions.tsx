import * as v from "valibot";
import type { Alert } from "../../../shared/health/alert.ts";
import { muteSchema } from "../../../shared/health/past-alert.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { type Reply, replySchema } from "../../../shared/protocol/reply.ts";
import type { HealthWords } from "../../i18n/health/words.ts";
import { usePanelParts } from "../../store/use-panel.ts";

const acknowledgedSchema = replySchema(v.object({ id: v.string() }));
const mutedSchema = replySchema(muteSchema);
const MINUTES = ["60", "480", "1440", "10080"] as const;

interface AlertActionsProps {
  alert: Alert;
  words: HealthWords;
  onRefused(problem: Problem | null): void;
}

/** Acknowledge an alert, or mute its rule for a while. */
export function AlertActions({ alert, words, onRefused }: AlertActionsProps) {
  const { source } = usePanelParts();
  const take = (reply: Reply<unknown>) => onRefused(reply.ok ? null : reply);
  const acknowledge = () =>
    void source
      .ask(acknowledgedSchema, (sidecar) => sidecar.emitWithAck("acknowledge-alert", { id: alert.id }))
      .then(take);
  const mute = (minutes: number) =>
    void source
      .ask(mutedSchema, (sidecar) => sidecar.emitWithAck("mute-rule", { rule: alert.rule, minutes }))
      .then(take);
  return (
    <div className="acts">
      {!alert.acknowledged && (
        <button type="button" className="btn" onClick={acknowledge}>
          {words.acknowledge}
        </button>
      )}
      {alert.mutedUntil === null ? (
        <select
          className="btn"
          aria-label={words.mute}
          value=""
          onChange={(event) => mute(Number(event.target.value))}
        >
          <option value="" disabled>
            {words.mute}
          </option>
          {MINUTES.map((minutes) => (
            <option key={minutes} value={minutes}>
              {words.muteFor[minutes]}
            </option>
          ))}
        </select>
      ) : (
        <button type="button" className="btn" onClick={() => mute(0)}>
          {words.unmute}
        </button>
      )}
    </div>
  );
}
