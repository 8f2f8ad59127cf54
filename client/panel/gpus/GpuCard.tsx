import { memo } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";
import { withUnit } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { RoomChip } from "../concurrency/RoomChip.tsx";
import type { GpuFit } from "../concurrency/use-capacity.ts";
import { VramStack } from "../vram/VramStack.tsx";
import { GpuDetails } from "./GpuDetails.tsx";
import { GpuJobs } from "./GpuJobs.tsx";
import { Metric } from "./Metric.tsx";
import { BoltIcon, GaugeIcon, ThermometerIcon } from "./metric-icons.tsx";
import { Sparkline } from "./Sparkline.tsx";
import { temperatureTone } from "./temperature-tone.ts";

/** What tells nothing of a card where there is little room. */
const BRAND = /^NVIDIA (GeForce )?/;

interface GpuCardProps {
  gpu: Gpu;
  position: number;
  /** The recommendation for the chosen kind of job; `null`: there is none, or the figures are old. */
  capacity: GpuFit | null;
  known: GpuPromise;
  fresh: boolean;
}

/** One GPU in the full view. */
export const GpuCard = memo(function GpuCard({ gpu, position, capacity, known, fresh }: GpuCardProps) {
  const m = useMessages();
  const [brand = ""] = BRAND.exec(gpu.name) ?? [];
  const powerNote = gpu.powerLimitW === null ? undefined : `/ ${withUnit(gpu.powerLimitW, " W")}`;
  return (
    <article className="card gpu" data-lost={gpu.lost} aria-label={`GPU ${gpu.index} ${gpu.name}`}>
      <header className="gpu-head">
        <h3>
          <span className="badge">{fillIn(m.gpu, { index: gpu.index })}</span>
          <span className="gpu-name" title={gpu.name}>
            {brand !== "" && <span className="gpu-brand">{brand}</span>}
            {gpu.name.slice(brand.length)}
          </span>
        </h3>
        {gpu.lost ? (
          <span className="chip" data-tone="danger">
            {m.gpuLost}
          </span>
        ) : (
          <RoomChip canStart={capacity?.canStart ?? null} title={m.concurrency.title} />
        )}
      </header>
      <VramStack gpu={gpu} known={known} reserveMiB={capacity?.reserveMiB ?? null} fresh={fresh} />
      <GpuJobs capacity={capacity} useful={known.useful} />
      <dl className="metrics">
        <Metric
          icon={<ThermometerIcon />}
          label={m.temperature}
          value={withUnit(gpu.temperatureC, " °C")}
          tone={temperatureTone(gpu.temperatureC)}
        />
        <Metric icon={<GaugeIcon />} label={m.utilization} value={withUnit(gpu.utilizationGpuPct, " %")} />
        <Metric icon={<BoltIcon />} label={m.power} value={withUnit(gpu.powerDrawW, " W")} note={powerNote} />
      </dl>
      <div className="sparks">
        <Sparkline className="spark-vram" position={position} field={0} most={gpu.memoryTotalMiB} />
        <Sparkline className="spark-util" position={position} field={1} most={100} />
      </div>
      <GpuDetails gpu={gpu} />
    </article>
  );
});
