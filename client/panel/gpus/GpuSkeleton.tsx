import { useFullWords } from "../../i18n/full/use-full-words.ts";

/** A row of the table before the first figures: the same boxes, no words. */
export function GpuSkeleton() {
  const { waitingForGpus } = useFullWords();
  return (
    <section className="gpus" data-count="1" aria-label={waitingForGpus}>
      <div className="gr th" />
      <div className="gr">
        {["nm", "us", "pc", "tc", "ut", "pw", "ch"].map((area) => (
          <span key={area} className={area}>
            <i className="sk" />
          </span>
        ))}
        <span className="br">
          <span className="bar" />
        </span>
      </div>
    </section>
  );
}
