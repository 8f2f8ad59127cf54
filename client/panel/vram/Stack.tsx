import type { VramSplit } from "./split-vram.ts";

/** The pieces of one GPU's VRAM in their places. Decoration: the legend beneath says the same. */
export function Stack({ split: { pieces, totalMiB } }: { split: VramSplit }) {
  return (
    <span className="bar stack" aria-hidden="true">
      {pieces
        .filter(({ mib }) => (mib ?? 0) > 0)
        .map(({ kind, mib }) => (
          <i
            key={kind}
            className="piece"
            data-piece={kind}
            style={{ width: `${(((mib ?? 0) / totalMiB) * 100).toFixed(2)}%` }}
          />
        ))}
    </span>
  );
}
