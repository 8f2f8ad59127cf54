import { usedOf } from "../../../shared/capacity/used-of.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { percentOf } from "../../../shared/gpu/units.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";
import { gib, percent, whole } from "../../i18n/format.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { splitVram, type VramSplit } from "./split-vram.ts";
import { VramLegend } from "./VramLegend.tsx";

interface VramStackProps {
  gpu: Gpu;
  known: GpuPromise;
  /** Of the recommendation for the chosen profile. */
  reserveMiB: number | null;
  /** Nothing is told apart of figures that are old. */
  fresh: boolean;
}

/** VRAM of one GPU: used of total, and the bar in pieces with its legend. */
export function VramStack({ gpu, known, reserveMiB, fresh }: VramStackProps) {
  const m = useMessages();
  const { used, total } = usedOf(gpu, known.unified);
  const share = percentOf(used, total);
  const level = share === null ? "unknown" : share >= 97 ? "full" : share >= 90 ? "high" : "normal";
  const split = fresh ? splitVram({ gpu, known, reserveMiB }) : null;
  return (
    <div className="vram">
      <div className="vram-figures">
        <span className="vram-main">
          <span className="label">{m.vram}</span>
          <b>{gib(used)}</b>
          <span className="muted">{` / ${gib(total)} GiB`}</span>
        </span>
        <b className="vram-percent" data-level={level}>
          {percent(share)}
        </b>
      </div>
      <div
        className="bar stack"
        role="progressbar"
        aria-label={`${m.vram} GPU ${gpu.index}`}
        aria-valuemin={0}
        aria-valuemax={100}
        data-level={level}
        {...(share === null ? { "aria-valuetext": m.notReported } : { "aria-valuenow": Math.round(share) })}
      >
        {split === null ? <Plain share={share} /> : <Layers split={split} />}
      </div>
      <div className="vram-mib muted">
        {used === null && total === null ? m.notReported : `${whole(used)} / ${whole(total)} MiB`}
      </div>
      <Words gpu={gpu} known={known} split={split} />
    </div>
  );
}

function Plain({ share }: { share: number | null }) {
  return (
    <span className="bar-fill" style={{ transform: `translateX(${((share ?? 0) - 100).toFixed(1)}%)` }} />
  );
}

/** Each piece is as wide as the bar and moved to where it ends, the next one beneath it: a move needs no layout. */
function Layers({ split: { pieces, totalMiB } }: { split: VramSplit }) {
  let endMiB = 0;
  const layers = pieces.map(({ kind, mib }) => {
    endMiB += mib ?? 0;
    return { kind, end: (endMiB / totalMiB) * 100, isThere: (mib ?? 0) > 0 };
  });
  return layers
    .filter(({ kind, isThere }) => isThere && kind !== "free")
    .reverse()
    .map(({ kind, end }) => (
      <span
        key={kind}
        className="piece"
        data-piece={kind}
        style={{ transform: `translateX(${(end - 100).toFixed(1)}%)` }}
      />
    ));
}

function Words({ gpu, known, split }: Pick<VramStackProps, "gpu" | "known"> & { split: VramSplit | null }) {
  const words = useLater()?.room;
  if (words === undefined) return null;
  return (
    <>
      {split === null ? (
        gpu.memoryTotalMiB === null &&
        known.unified === null && <p className="muted small">{words.unknownTotal}</p>
      ) : (
        <VramLegend split={split} words={words} label={fillIn(words.bar, { index: gpu.index })} />
      )}
      {known.unified !== null && <p className="muted small">{words.unified}</p>}
      {split !== null && (known.reclaimableMiB ?? 0) > 0 && (
        <p className="reclaimable small" title={`${whole(known.reclaimableMiB)} MiB`}>
          <span className="muted">{words.reclaimable}</span> <b>{gib(known.reclaimableMiB)} GiB</b>
        </p>
      )}
    </>
  );
}
