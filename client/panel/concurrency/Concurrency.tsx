import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { DASH } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { busyGpus } from "../gpus/busy.ts";
import { ConcurrencyFolds } from "./ConcurrencyFolds.tsx";
import { ProfilePicker } from "./ProfilePicker.tsx";
import type { Capacity } from "./use-capacity.ts";

interface ConcurrencyProps {
  capacity: Capacity;
  gpus: readonly Gpu[];
}

/** How many more jobs may start, for which kind of job, and why. */
export function Concurrency({ capacity, gpus }: ConcurrencyProps) {
  const m = useMessages();
  const { canStart, profile, fresh } = capacity;
  // Where it is known what runs, what it will still take has been taken off.
  const busy = busyGpus(gpus.filter((_, i) => capacity.promises[i]?.promisedMiB == null));
  const verdict = !fresh
    ? m.concurrency.old
    : canStart === null
      ? m.concurrency.unknown
      : canStart === 0
        ? m.concurrency.noneFits
        : m.concurrency.more;
  return (
    <section className="card concurrency" aria-label={m.concurrency.title}>
      <h2 className="label">{m.concurrency.title}</h2>
      <p
        className="concurrency-answer"
        data-tone={canStart === null ? "unknown" : canStart === 0 ? "none" : "some"}
      >
        <b data-testid="can-start">{canStart ?? DASH}</b>
        <span>{verdict}</span>
      </p>
      <ProfilePicker chosen={profile.id} />
      {(canStart ?? 0) > 0 && busy.length > 0 && (
        <p className="caution small">{fillIn(m.concurrency.caution, { gpus: busy.join(", ") })}</p>
      )}
      <ConcurrencyFolds capacity={capacity} />
    </section>
  );
}
