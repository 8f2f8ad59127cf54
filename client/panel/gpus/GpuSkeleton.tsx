import { useFullWords } from "../../i18n/full/use-full-words.ts";
import { columnsOf, heightOf } from "./table-shape.ts";

/** The table before the first figures: the same boxes, no words. @param count how many rows; 0 for unknown */
export function GpuSkeleton({ count }: { count: number }) {
  const { waitingForGpus } = useFullWords();
  const rows = Array.from({ length: count || 1 }, (_, index) => index);
  return (
    <section
      className="gpus"
      data-rows={heightOf(rows.length)}
      data-count={rows.length}
      aria-label={waitingForGpus}
    >
      {columnsOf(rows).map((column, c) => (
        <div key={column[0]} className={c > 0 ? "second" : undefined}>
          <div className="gr th" />
          {column.map((index) => (
            <div key={index} className="gr">
              {["nm", "us", "pc", "tc", "ut", "pw", "ch"].map((area) => (
                <span key={area} className={area}>
                  <i className="sk" />
                </span>
              ))}
              <span className="br">
                <span className="bar" />
              </span>
            </div>
          ))}
        </div>
      ))}
    </section>
  );
}
