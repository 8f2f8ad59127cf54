import { lazy, Suspense } from "react";
import { useLater } from "../../i18n/use-messages.ts";
import { Disclosure } from "../../ui/Disclosure.tsx";

const SessionsPart = lazy(() => import("./SessionsPart.tsx"));

/** Sessions, folded until somebody wants them. */
export function SessionsFold() {
  const words = useLater()?.sessions;
  if (words === undefined) return null;
  return (
    <Disclosure className="card" summary={words.title}>
      {() => (
        <Suspense>
          <SessionsPart />
        </Suspense>
      )}
    </Disclosure>
  );
}
