import { memo, type PointerEvent, useRef } from "react";
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
  const latest = useRef(pieces);
  latest.current = pieces;
  const shown = pieces.filter(isWorthSaying);
  return (
    <Rows
      kinds={shown.map(({ kind }) => kind).join()}
      figures={shown.map(({ mib }) => (mib === null ? DASH : `${gib(mib)} GiB`)).join()}
      hasBackend={pieces.some(({ kind, mib }) => BACKENDS.has(kind) && (mib ?? 0) > 0)}
      allocatorKnown={allocatorKnown}
      words={words}
      label={label}
      latest={latest}
    />
  );
}

const BACKENDS: ReadonlySet<string> = new Set(["backend", "tensors", "cache"] satisfies PieceKind[]);
const UNUSED: ReadonlySet<string> = new Set(["promised", "reserve", "free"] satisfies PieceKind[]);

/** Promises, reserve and what is free are always told; what is not known of a backend is told by the name of another row. */
function isWorthSaying({ kind, mib }: VramPiece): boolean {
  return UNUSED.has(kind) || (mib ?? 0) > 0;
}

interface RowsProps {
  /** Comma-separated, so that equal ones are the same: rows are made anew only when a shown figure changes. */
  kinds: string;
  figures: string;
  hasBackend: boolean;
  allocatorKnown: boolean;
  words: RoomWords;
  label: string;
  latest: { readonly current: readonly VramPiece[] };
}

const Rows = memo(function Rows({ kinds, figures, latest, words, label, ...names }: RowsProps) {
  const shown = figures.split(",");
  const nameOf = (kind: PieceKind) => {
    if (kind === "others" && !names.hasBackend) return words.pieces.processes;
    return kind === "backend" && names.allocatorKnown ? words.pieces.backendRest : words.pieces[kind];
  };
  return (
    <ul className="pieces" aria-label={label}>
      {latest.current
        .filter(({ kind }) => kinds.split(",").includes(kind))
        .map(({ kind }, i) => (
          <li
            key={kind}
            data-piece={kind}
            // To the MiB and explained for who points at it; to keep that up to date all the time would cost work.
            onPointerEnter={(event: PointerEvent<HTMLElement>) => {
              const mib = latest.current.find((piece) => piece.kind === kind)?.mib ?? null;
              const figure = mib === null ? DASH : `${whole(mib)} MiB`;
              event.currentTarget.title = `${nameOf(kind)}: ${figure}. ${words.about[kind]}`;
            }}
          >
            <span className="piece" data-piece={kind} />
            <span>{nameOf(kind)}</span>
            <b>{shown[i]}</b>
          </li>
        ))}
    </ul>
  );
});
