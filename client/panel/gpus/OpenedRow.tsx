import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";
import { gib } from "../../i18n/format.ts";
import { useLater } from "../../i18n/use-messages.ts";
import { CELL, ROW } from "../../ui/table-roles.ts";
import type { GpuFit } from "../concurrency/use-capacity.ts";
import { Stack } from "../vram/Stack.tsx";
import { splitVram } from "../vram/split-vram.ts";
import { VramLegend } from "../vram/VramLegend.tsx";
import { Facts, Processes } from "./GpuDetails.tsx";
import { GpuJobs } from "./GpuJobs.tsx";

interface OpenedRowProps {
  gpu: Gpu;
  known: GpuPromise;
  capacity: GpuFit | null;
}

/** Where a GPU's VRAM is, who holds it, and the slower figures. */
export default function OpenedRow({ gpu, known, capacity }: OpenedRowProps) {
  const later = useLater();
  if (later === null) return null;
  const { room } = later;
  const split = splitVram({ gpu, known, reserveMiB: capacity?.reserveMiB ?? null });
  return (
    <div {...ROW}>
      <div className="open" {...CELL}>
        <section>
          <h3 className="lb">{fillIn(room.bar, { index: gpu.index })}</h3>
          {split === null ? (
            <p className="muted">{room.unknownTotal}</p>
          ) : (
            <>
              <Stack split={split} />
              <VramLegend split={split} words={room} label={fillIn(room.bar, { index: gpu.index })} />
            </>
          )}
          {known.unified !== null && <p className="muted">{room.unified}</p>}
          {split !== null && (known.reclaimableMiB ?? 0) > 0 && (
            <p className="reclaimable muted">
              <span>{room.reclaimable}</span> <span>{gib(known.reclaimableMiB)} GiB</span>
            </p>
          )}
        </section>
        <section>
          <Processes processes={gpu.processes} words={later.gpu} />
        </section>
        <section>
          <GpuJobs capacity={capacity} useful={known.useful} words={room} />
          <Facts gpu={gpu} words={later.gpu} />
        </section>
      </div>
    </div>
  );
}
