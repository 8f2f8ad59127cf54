import { lazy, Suspense } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { DASH } from "../../i18n/format.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { Disclosure } from "../../ui/Disclosure.tsx";
import { CapacityNotes } from "./CapacityNotes.tsx";
import { ConcurrencyFolds } from "./ConcurrencyFolds.tsx";
import { ProfileBasis } from "./ProfileBasis.tsx";
import { ProfilePicker } from "./ProfilePicker.tsx";
import { totalOf } from "./total-of.ts";
import type { Capacity } from "./use-capacity.ts";

const ProfileTable = lazy(() => import("./ProfileTable.tsx"));

interface CapacityCardProps {
  capacity: Capacity;
  gpus: readonly Gpu[];
}

/** The full view's recommendation: what runs, what may start, how many at most, for which kind of job, and why. */
export function CapacityCard({ capacity, gpus }: CapacityCardProps) {
  const m = useMessages();
  const words = useLater()?.room;
  const { canStart, profile, fresh } = capacity;
  const { running, recommendedMax } = totalOf(capacity);
  const verdict = !fresh
    ? m.concurrency.old
    : canStart === null
      ? m.concurrency.unknown
      : canStart === 0
        ? m.concurrency.noneFits
        : null;
  return (
    <section className="card concurrency" aria-label={m.concurrency.title}>
      <h2 className="label">{m.concurrency.title}</h2>
      <div className="sum" data-tone={canStart === null ? "unknown" : canStart === 0 ? "none" : "some"}>
        <p className="sum-more">
          <b data-testid="can-start">{canStart ?? DASH}</b>
          <span>{words?.sum.more ?? m.concurrency.more}</span>
        </p>
        {words !== undefined && running !== null && (
          <>
            <i>+</i>
            <p>
              <b data-testid="running">{running}</b>
              <span>{words.sum.running}</span>
            </p>
            <i>=</i>
            <p>
              <b data-testid="recommended-max">{recommendedMax ?? DASH}</b>
              <span>{words.sum.most}</span>
            </p>
          </>
        )}
      </div>
      {verdict !== null && <p className="verdict">{verdict}</p>}
      <div className="chosen-profile">
        <ProfilePicker chosen={profile.id} />
        {words !== undefined && <ProfileBasis profile={profile} words={words} />}
      </div>
      {words !== undefined && <CapacityNotes capacity={capacity} gpus={gpus} words={words} />}
      <div className="hows">
        <ConcurrencyFolds capacity={capacity} />
        {words !== undefined && (
          <Disclosure className="how" summary={words.compare}>
            {() => (
              <Suspense>
                <ProfileTable capacity={capacity} gpus={gpus} words={words} />
              </Suspense>
            )}
          </Disclosure>
        )}
      </div>
    </section>
  );
}
