import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { percentOf } from "../../../shared/gpu/units.ts";
import { gib, percent } from "../../i18n/format.ts";
import { useMessages, useReleaseWords } from "../../i18n/use-messages.ts";
import { Disclosure } from "../../ui/Disclosure.tsx";
import { Backends } from "./Backends.tsx";
import { PastReleases } from "./PastReleases.tsx";
import { ReleaseButton } from "./ReleaseButton.tsx";

/** VRAM of all shown GPUs together, and the button that gives it back. */
export function ReleaseCard({ gpus }: { gpus: readonly Gpu[] }) {
  const m = useMessages();
  const words = useReleaseWords();
  const used = sumOf(gpus.map(({ memoryUsedMiB }) => memoryUsedMiB));
  const total = sumOf(gpus.map(({ memoryTotalMiB }) => memoryTotalMiB));
  return (
    <section className="card release-card" aria-label={m.release.button}>
      <h2 className="label">{m.release.title}</h2>
      <p className="total">
        <b>{gib(used)}</b>
        <span className="muted"> / {gib(total)} GiB</span>
        <span className="total-percent">{percent(percentOf(used, total))}</span>
      </p>
      <Backends />
      <ReleaseButton />
      {words !== null && (
        <Disclosure className="how" summary={words.past}>
          {() => <PastReleases />}
        </Disclosure>
      )}
    </section>
  );
}

/** The sum, or `null` when any part is unknown: a partial sum would look like a total. */
function sumOf(figures: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const figure of figures) {
    if (figure === null) return null;
    sum += figure;
  }
  return figures.length === 0 ? null : sum;
}
