import { lazy, Suspense } from "react";
import { useFitWords, useMessages } from "../../i18n/use-messages.ts";
import { Disclosure } from "../../ui/Disclosure.tsx";
import type { Capacity } from "./use-capacity.ts";

// Neither is needed for the first figures.
const Arithmetic = lazy(() => import("./Arithmetic.tsx"));
const FitAdvice = lazy(() => import("../fit/FitAdvice.tsx"));

/** What would make a job fit, where none does, and how the recommendation is worked out; folded until it is wanted. */
export function ConcurrencyFolds({ capacity }: { capacity: Capacity }) {
  const m = useMessages();
  const fitWords = useFitWords();
  const { canStart, profile, fresh } = capacity;
  return (
    <>
      {fresh && canStart === 0 && fitWords !== null && (
        <Disclosure className="how" summary={fitWords.title}>
          {() => (
            <Suspense>
              <FitAdvice profile={profile} asOf={JSON.stringify(capacity.rows)} />
            </Suspense>
          )}
        </Disclosure>
      )}
      <Disclosure className="how" summary={m.concurrency.how}>
        {() => (
          <Suspense>
            <Arithmetic capacity={capacity} />
          </Suspense>
        )}
      </Disclosure>
    </>
  );
}
