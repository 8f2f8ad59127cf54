import { memo } from "react";
import { DASH, gib, whole } from "../../i18n/format.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import type { PieceKind, VramPiece, VramSplit } from "./split-vram.ts";

interface VramLegendProps {
  split: VramSplit;
  words: RoomWords;
  label: string;
}

/** What the pieces of the bar are, each with its figure; pieces that are not there are left out. */
export function VramLegend({ split, words, label }: VramLegendProps) {
  const { pieces, allocatorKnown } = split;
  const hasBackend = pieces.some(({ kind, mib }) => BACKENDS.has(kind) && (mib ?? 0) > 0);
  const shown = pieces.filter((piece) => isWorthSaying(piece));
  return (
    <ul className="pieces plain small" aria-label={label}>
      {shown.map(({ kind, mib }) => (
        <Row
          key={kind}
          kind={kind}
          name={
            kind === "others" && !hasBackend
              ? words.pieces.processes
              : kind === "backend" && allocatorKnown
                ? words.pieces.backendRest
                : words.pieces[kind]
          }
          about={words.about[kind]}
          // In steps: what moves a little with every sample need not be laid out with every sample.
          figure={mib === null ? DASH : `${gib(mib)} GiB`}
          mib={mib === null ? DASH : `${whole(mib)} MiB`}
        />
      ))}
    </ul>
  );
}

const BACKENDS: ReadonlySet<PieceKind> = new Set(["backend", "tensors", "cache"]);
const UNUSED: ReadonlySet<PieceKind> = new Set(["promised", "reserve", "free"]);

/** Promises, reserve and what is free are always told; what is not known of a backend is told by the name of another row. */
function isWorthSaying({ kind, mib }: VramPiece): boolean {
  return UNUSED.has(kind) || (mib ?? 0) > 0;
}

const Row = memo(function Row(row: {
  kind: string;
  name: string;
  about: string;
  figure: string;
  mib: string;
}) {
  return (
    <li data-piece={row.kind} title={`${row.name}: ${row.mib}. ${row.about}`}>
      <span className="swatch piece" data-piece={row.kind} />
      <span>{row.name}</span>
      <b>{row.figure}</b>
    </li>
  );
});
